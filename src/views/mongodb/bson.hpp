// BSON documents as values: built member by member, and read strictly. Private to this room.
//
//     Bson filter = Bson().text("_id", "users").integer("version", 3);
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "es/event.hpp"

namespace views::mongodb {

class Bson {
public:
    Bson() { bson_init(&bson_); }
    explicit Bson(const bson_t* other) { bson_copy_to(other, &bson_); }
    ~Bson() { bson_destroy(&bson_); }
    Bson(const Bson& other) : Bson(&other.bson_) {}
    Bson(Bson&& other) noexcept {
        bson_steal(&bson_, &other.bson_);
        bson_init(&other.bson_);
    }
    Bson& operator=(Bson other) noexcept;

    // Members, in their order. Texts are UTF-8.
    Bson& text(const char* name, std::string_view value);
    Bson& number(const char* name, double value);
    Bson& integer(const char* name, std::int64_t value);
    Bson& boolean(const char* name, bool value);
    Bson& time(const char* name, es::TimePoint value);
    Bson& document(const char* name, const Bson& value);
    Bson& array(const char* name, const std::vector<Bson>& documents);
    Bson& texts(const char* name, const std::vector<std::string>& values);
    Bson& null(const char* name);
    // A JSON array of texts, or of objects whose members are texts and numbers (doubles, then).
    // Throws std::invalid_argument.
    Bson& json_array(const char* name, const std::string& json);

    // The other document's member, of any type. If it has none: null, which in a filter finds
    // documents without the member too.
    Bson& same(const char* name, const bson_t* other);
    Bson& same_at(const char* name, const bson_iter_t& place);
    // All members of another.
    Bson& append(const Bson& other);

    [[nodiscard]] const bson_t* get() const { return &bson_; }
    [[nodiscard]] bool empty() const { return bson_empty(&bson_); }

private:
    bson_t bson_;
};

// A view of a document of the server, which must outlive it. Each call returns nullopt when there
// is no such member, or it has another type.
class BsonView {
public:
    explicit BsonView(const bson_t* document) : document_(document) {}

    [[nodiscard]] std::optional<std::string> text(const char* name) const;
    // Without a copy.
    [[nodiscard]] std::optional<std::string_view> text_view(const char* name) const;
    // Of any numeric type.
    [[nodiscard]] std::optional<double> number(const char* name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(const char* name) const;
    [[nodiscard]] std::optional<bool> boolean(const char* name) const;
    [[nodiscard]] std::optional<es::TimePoint> time(const char* name) const;
    // An array's documents.
    [[nodiscard]] std::optional<std::vector<Bson>> documents(const char* name) const;
    // An array as JSON text.
    [[nodiscard]] std::optional<std::string> json_array(const char* name) const;
    [[nodiscard]] bool is_null(const char* name) const;
    [[nodiscard]] Bson copy() const { return Bson(document_); }

private:
    // An optional would not keep the alignment that libbson requires.
    struct Member {
        bson_iter_t place;
        bool there = false;
    };
    [[nodiscard]] Member find(const char* name) const;
    const bson_t* document_;
};

}  // namespace views::mongodb
