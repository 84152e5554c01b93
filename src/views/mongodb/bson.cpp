#include "views/mongodb/bson.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/json.hpp"

namespace views::mongodb {
namespace {

// libbson's appends fail only beyond BSON's size limit.
void require(bool appended) {
    if (!appended) throw std::length_error("a BSON document would be too large");
}

std::invalid_argument not_a_list(const std::string& json) {
    return std::invalid_argument("not a JSON array of texts or of records of texts and numbers: " +
                                 json);
}

// nullopt: a member is neither a text nor a number.
std::optional<Bson> record_of(const json::Members& members) {
    Bson record;
    for (const auto& [name, value] : members) {
        if (const std::string* text = value.string()) {
            record.text(name.c_str(), *text);
        } else if (const json::Number* number = value.number()) {
            record.number(name.c_str(), number->value);
        } else {
            return std::nullopt;
        }
    }
    return record;
}

}  // namespace

Bson& Bson::operator=(Bson other) noexcept {
    bson_destroy(&bson_);
    bson_steal(&bson_, &other.bson_);
    bson_init(&other.bson_);
    return *this;
}

Bson& Bson::text(const char* name, std::string_view value) {
    require(bson_append_utf8(&bson_, name, -1, value.data(), static_cast<int>(value.size())));
    return *this;
}
Bson& Bson::number(const char* name, double value) {
    require(bson_append_double(&bson_, name, -1, value));
    return *this;
}
Bson& Bson::integer(const char* name, std::int64_t value) {
    require(bson_append_int64(&bson_, name, -1, value));
    return *this;
}
Bson& Bson::boolean(const char* name, bool value) {
    require(bson_append_bool(&bson_, name, -1, value));
    return *this;
}
Bson& Bson::time(const char* name, es::TimePoint value) {
    require(bson_append_date_time(&bson_, name, -1, value.time_since_epoch().count()));
    return *this;
}
Bson& Bson::document(const char* name, const Bson& value) {
    require(bson_append_document(&bson_, name, -1, value.get()));
    return *this;
}

Bson& Bson::array(const char* name, const std::vector<Bson>& documents) {
    Bson array;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        array.document(std::to_string(i).c_str(), documents[i]);
    }
    require(bson_append_array(&bson_, name, -1, array.get()));
    return *this;
}

Bson& Bson::texts(const char* name, const std::vector<std::string>& values) {
    Bson array;
    for (std::size_t i = 0; i < values.size(); ++i)
        array.text(std::to_string(i).c_str(), values[i]);
    require(bson_append_array(&bson_, name, -1, array.get()));
    return *this;
}

Bson& Bson::null(const char* name) {
    require(bson_append_null(&bson_, name, -1));
    return *this;
}

// Not by libbson's reader of JSON: it takes 1e20, whose digits have no point, for another number.
Bson& Bson::json_array(const char* name, const std::string& json) {
    const json::Parsed parsed = json::parse(json);
    if (!parsed.ok() || parsed.value.array() == nullptr) throw not_a_list(json);
    Bson array;
    int place = 0;
    for (const json::Value& item : *parsed.value.array()) {
        const std::string at = std::to_string(place++);
        if (const std::string* text = item.string()) {
            array.text(at.c_str(), *text);
            continue;
        }
        const auto record =
            item.object() != nullptr ? record_of(*item.object()) : std::optional<Bson>();
        if (!record) throw not_a_list(json);
        array.document(at.c_str(), *record);
    }
    require(bson_append_array(&bson_, name, -1, array.get()));
    return *this;
}

Bson& Bson::same_at(const char* name, const bson_iter_t& place) {
    require(bson_append_iter(&bson_, name, -1, &place));
    return *this;
}

Bson& Bson::same(const char* name, const bson_t* other) {
    bson_iter_t member;
    if (bson_iter_init_find(&member, other, name)) {
        require(bson_append_iter(&bson_, name, -1, &member));
    } else {
        require(bson_append_null(&bson_, name, -1));
    }
    return *this;
}

Bson& Bson::append(const Bson& other) {
    require(bson_concat(&bson_, other.get()));
    return *this;
}

BsonView::Member BsonView::find(const char* name) const {
    Member member{};
    member.there = bson_iter_init_find(&member.place, document_, name);
    return member;
}

std::optional<std::string> BsonView::text(const char* name) const {
    const auto text = text_view(name);
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::optional<std::string_view> BsonView::text_view(const char* name) const {
    const auto member = find(name);
    if (!member.there || !BSON_ITER_HOLDS_UTF8(&member.place)) return std::nullopt;
    std::uint32_t size = 0;
    const char* bytes = bson_iter_utf8(&member.place, &size);
    return std::string_view(bytes, size);
}

std::optional<double> BsonView::number(const char* name) const {
    const auto member = find(name);
    const bool holds = member.there && BSON_ITER_HOLDS_NUMBER(&member.place);
    return holds ? std::optional(bson_iter_as_double(&member.place)) : std::nullopt;
}

std::optional<std::int64_t> BsonView::integer(const char* name) const {
    const auto member = find(name);
    const bool holds = member.there && BSON_ITER_HOLDS_NUMBER(&member.place);
    return holds ? std::optional<std::int64_t>(bson_iter_as_int64(&member.place)) : std::nullopt;
}

std::optional<bool> BsonView::boolean(const char* name) const {
    const auto member = find(name);
    if (!member.there || !BSON_ITER_HOLDS_BOOL(&member.place)) return std::nullopt;
    return bson_iter_bool(&member.place);
}

std::optional<es::TimePoint> BsonView::time(const char* name) const {
    const auto member = find(name);
    if (!member.there || !BSON_ITER_HOLDS_DATE_TIME(&member.place)) return std::nullopt;
    return es::TimePoint(std::chrono::milliseconds(bson_iter_date_time(&member.place)));
}

std::optional<std::string> BsonView::json_array(const char* name) const {
    const auto member = find(name);
    if (!member.there || !BSON_ITER_HOLDS_ARRAY(&member.place)) return std::nullopt;
    bson_iter_t item;
    const bool has_items = bson_iter_recurse(&member.place, &item) && bson_iter_next(&item);
    if (!has_items) return "[]";  // nearly all
    Bson alone;
    alone.same_at("a", member.place);
    const std::unique_ptr<char, void (*)(void*)> text(
        bson_as_relaxed_extended_json(alone.get(), nullptr), bson_free);
    if (text == nullptr) return std::nullopt;
    const auto parsed = json::parse(text.get());
    const json::Value* array = parsed.ok() ? parsed.value.find("a") : nullptr;
    return array != nullptr ? std::optional(json::text_of(*array)) : std::nullopt;
}

bool BsonView::is_null(const char* name) const {
    const auto member = find(name);
    return member.there && BSON_ITER_HOLDS_NULL(&member.place);
}

std::optional<std::vector<Bson>> BsonView::documents(const char* name) const {
    const auto member = find(name);
    bson_iter_t item;
    if (!member.there || !BSON_ITER_HOLDS_ARRAY(&member.place) ||
        !bson_iter_recurse(&member.place, &item)) {
        return std::nullopt;
    }
    std::vector<Bson> all;
    while (bson_iter_next(&item)) {
        const std::uint8_t* bytes = nullptr;
        std::uint32_t size = 0;
        if (!BSON_ITER_HOLDS_DOCUMENT(&item)) return std::nullopt;
        bson_iter_document(&item, &size, &bytes);
        bson_t document;
        if (!bson_init_static(&document, bytes, size)) return std::nullopt;
        all.emplace_back(&document);
    }
    return all;
}

}  // namespace views::mongodb
