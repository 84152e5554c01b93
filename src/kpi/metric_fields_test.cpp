#include "kpi/metric_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kpi/testing/documents.hpp"

namespace kpi {
namespace {

TEST(MetricFields, HaveNamesAndPlacesOfTheirOwn) {
    std::set<std::string> names;
    std::set<std::string> columns;
    std::set<int> csv;
    std::set<int> filters;
    for (const MetricField& field : metric_fields) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        if (field.column) {
            EXPECT_TRUE(columns.insert(field.column).second) << field.name;
        }
        if (field.csv > 0) {
            EXPECT_TRUE(csv.insert(field.csv).second) << field.name;
        }
        if (field.filter) {
            EXPECT_TRUE(filters.insert(field.filter_place).second) << field.name;
        }
    }
    // No column of an export is left out; the first one is the id's.
    EXPECT_EQ(*csv.begin(), 2);
    EXPECT_EQ(*csv.rbegin(), static_cast<int>(exported_fields.size()) + 1);
}

// What the stores and the read API expect of a row.
TEST(MetricFields, CanBeUsedAsTheySay) {
    for (const MetricField& field : metric_fields) {
        const bool is_stored = field.column != nullptr;
        const bool is_key = field.type == FieldType::text || field.type == FieldType::number ||
                            field.type == FieldType::time;
        EXPECT_TRUE(!field.sortable || (is_stored && is_key)) << field.name;
        EXPECT_TRUE(!field.indexed || is_stored) << field.name;
        EXPECT_TRUE(!field.searched || (is_stored && field.type == FieldType::text)) << field.name;
        if (field.filter == nullptr) continue;
        EXPECT_TRUE(field.type == FieldType::flag || field.type == FieldType::text ||
                    (field.type == FieldType::json && field.many))
            << field.name;
        if (is_stored || &field == find_field("status")) continue;
        ASSERT_NE(field.since, nullptr) << field.name;
        for (const char* time : {field.since, field.until}) {
            if (time == nullptr) continue;
            const MetricField* stored = find_field(time);
            EXPECT_TRUE(stored && stored->column && stored->type == FieldType::time) << field.name;
        }
    }
}

TEST(MetricFields, AStoredDocumentIsReadAsItWas) {
    MetricDocument document;
    document.version = 7;
    document.metric.name = "Users";
    document.metric.description = "d";
    document.metric.target = 0.1;
    document.metric.unit = "users";
    document.metric.deadline = es::TimePoint(std::chrono::milliseconds(1));
    document.metric.kind = MetricKind::gauge;
    document.metric.created_at = es::TimePoint(std::chrono::milliseconds(2));
    document.metric.last_occurred = es::TimePoint(std::chrono::milliseconds(3));
    document.values_total = 5;
    for (const MetricValue& current :
         {MetricValue{}, MetricValue{4, es::TimePoint(std::chrono::milliseconds(0)), 6}}) {
        testing::set_current(document, current);
        std::vector<FieldValue> stored;
        for (const MetricField* field : stored_fields) {
            stored.push_back(copy_of(field->stored(document)));
        }
        const auto value = [&](auto, std::size_t place) {
            return std::optional(view_of(stored.at(place)));
        };
        EXPECT_EQ(read_document(field_set, value), document);
    }
}

TEST(MetricFields, AValueOf1970HasADate) {
    MetricDocument document;
    const auto is_absent = [&](const MetricField& field) {
        return field.is_absent(field.get(document, {}));
    };
    EXPECT_TRUE(is_absent(field("valueDate")));
    EXPECT_TRUE(is_absent(field("valueVersion")));
    testing::set_current(document, {4, es::TimePoint(), 6});
    EXPECT_FALSE(is_absent(field("valueDate")));
    EXPECT_FALSE(is_absent(field("valueVersion")));
}

TEST(MetricFields, ADocumentThatLacksAFieldOrHasAnotherTypeIsRefused) {
    const MetricDocument document;
    for (const MetricField* lacking : stored_fields) {
        for (const auto& instead :
             {std::optional<FieldView>(), std::optional<FieldView>("no such word")}) {
            const auto value = [&](auto at, std::size_t) {
                return &at.row == lacking ? instead : std::optional(at.get(document, {}));
            };
            const bool is_text = lacking->type == FieldType::text && lacking->words.empty();
            if (lacking->set == nullptr || (instead && is_text)) {
                EXPECT_NO_THROW(read_document(field_set, value)) << lacking->name;
            } else {
                EXPECT_THROW(read_document(field_set, value), es::Corrupt) << lacking->name;
            }
        }
    }
}

TEST(MetricFields, ADocumentOfAnotherSetHasDefaultsForWhatItLacks) {
    const auto nothing = [](auto at, std::size_t) -> std::optional<FieldView> {
        if (&at.row == &field("version")) return std::int64_t{3};
        return std::nullopt;
    };
    MetricDocument expected;
    expected.version = 3;
    expected.has_all_fields = false;
    EXPECT_EQ(read_document(field_set + 1, nothing), expected);
    EXPECT_EQ(field_set_of(expected), 0);
    expected.has_all_fields = true;
    EXPECT_EQ(field_set_of(expected), field_set);
}

TEST(MetricFields, WordsAreThoseOfTheDomain) {
    for (const auto kind : {MetricKind::counter, MetricKind::gauge}) {
        MetricDocument document;
        document.metric.kind = kind;
        EXPECT_EQ(field("kind").stored(document), FieldView(to_string(kind)));
    }
}

}  // namespace
}  // namespace kpi
