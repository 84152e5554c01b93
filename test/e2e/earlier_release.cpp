#include "earlier_release.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "engine_access.hpp"
#include "set_up.hpp"
#include "transfer.hpp"

namespace e2e {
namespace {

const std::filesystem::path golden_folder = GOLDEN_DIR "/data-before-goals";
const std::filesystem::path golden_table = GOLDEN_DIR "/table-before-goals";

// The table that the items were put into.
struct Table {
    std::string id;
    std::string stream;
    std::string shard;
    std::string last_record;
};

std::string text_in(const json::Value& value, const std::string& path) {
    const std::string* text = at(value, path).string();
    if (text == nullptr) throw std::runtime_error(path + " is no text");
    return *text;
}

Table describe(EngineAccess& engines) {
    const auto asked = [&](const std::string& operation, const std::string& question) {
        return json::parse(engines.streams(operation, question)).value;
    };
    const auto table = json::parse(engines.dynamodb("DescribeTable",
                                                    R"({"TableName": ")" + engines.table() + "\"}"))
                           .value;
    Table found;
    found.id = text_in(table, "Table/TableId");
    found.stream = text_in(table, "Table/LatestStreamArn");
    const std::string stream = R"({"StreamArn": ")" + found.stream + "\"";
    found.shard =
        text_in(asked("DescribeStream", stream + "}"), "StreamDescription/Shards/0/ShardId");
    const std::string shard = stream + R"(, "ShardId": ")" + found.shard + "\"";
    const auto iterator =
        asked("GetShardIterator", shard + R"(, "ShardIteratorType": "TRIM_HORIZON"})");
    const auto records =
        asked("GetRecords", R"({"ShardIterator": ")" + text_in(iterator, "ShardIterator") + "\"}");
    found.last_record = text_in(at(records, "Records").array()->back(), "dynamodb/SequenceNumber");
    return found;
}

std::string replaced(const std::string& text, const char* pattern, const std::string& by) {
    const std::regex expression(pattern);
    if (!std::regex_search(text, expression)) return text;
    return std::regex_replace(text, expression, by);
}

// A document of the projector's own, as it would be of this table. The checkpoint is JSON in a
// text.
std::string of_table(std::string document, const Table& table) {
    document = replaced(document, R"x("source":"[^"]*")x", R"("source":")" + table.id + "\"");
    document = replaced(document, R"x("position":"\{.*\}"\})x",
                        R"("position":"{\"stream\":\")" + table.stream + R"(\",\"polled\":\")" +
                            base::format_time(base::system_now()) + R"(\",\"shards\":{\")" +
                            table.shard + R"(\":{\"after\":\")" + table.last_record + R"(\"}}}"})");
    return document;
}

// What the earlier program answered.
struct KeptAnswer {
    std::string target;
    json::Value answer;
};

json::Value parsed(const std::string& text) {
    auto value = json::parse(text, {.members = 1'000});
    if (!value.ok()) throw std::runtime_error(value.error);
    return std::move(value.value);
}

std::vector<KeptAnswer> kept_answers() {
    std::vector<KeptAnswer> answers;
    if (is_distributed()) {
        for (const auto& line : lines_of(read_file(golden_table / "answers.jsonl"))) {
            const auto kept = parsed(line);
            answers.push_back({*kept.find("target")->string(), *kept.find("answer")});
        }
        return answers;
    }
    for (const auto& file : std::filesystem::directory_iterator(golden_folder / "documents")) {
        answers.push_back(
            {"/metrics/" + file.path().stem().string(), parsed(read_file(file.path()))});
    }
    return answers;
}

// `now` without the members that `before` doesn't have, in its own order.
// NOLINTNEXTLINE(misc-no-recursion): as deep as what the parser takes
json::Value without_new_members(const json::Value& now, const json::Value& before) {
    if (now.object() != nullptr && before.object() != nullptr) {
        json::Members members;
        for (const auto& [name, value] : *now.object()) {
            const json::Value* old = before.find(name);
            if (old != nullptr) members.emplace_back(name, without_new_members(value, *old));
        }
        return json::Value(std::move(members));
    }
    const json::Array* items = now.array();
    const json::Array* old_items = before.array();
    if (items == nullptr || old_items == nullptr || items->size() != old_items->size()) return now;
    json::Array array;
    for (std::size_t i = 0; i < items->size(); ++i) {
        array.push_back(without_new_members((*items)[i], (*old_items)[i]));
    }
    return json::Value(std::move(array));
}

}  // namespace

void load_data_before_goals(const Folder& folder) {
    if (!is_distributed()) {
        std::filesystem::copy(golden_folder / "data", folder.data());
        return;
    }

    EngineAccess engines(folder);
    for (const std::string& item : lines_of(read_file(golden_table / "items.jsonl"))) {
        engines.dynamodb("PutItem",
                         R"({"TableName": ")" + engines.table() + R"(", "Item": )" + item + "}");
    }
    const Table table = describe(engines);
    for (const auto& file : std::filesystem::directory_iterator(golden_table / "collections")) {
        const std::string collection = file.path().stem().string();
        std::string documents;
        for (const std::string& document : lines_of(read_file(file.path()))) {
            documents += (documents.empty() ? "" : ",") +
                         (collection == "YardstickState" ? of_table(document, table) : document);
        }
        (void)engines.mongodb(R"({"insert": ")" + collection + R"(", "documents": [)" + documents +
                              "]}");
    }
}

void expect_answers_as_before_goals(Api& api) {
    for (const auto& [target, before] : kept_answers()) {
        const Answer now = api.get(target);
        ASSERT_EQ(now.status, 200) << target << now.body;
        EXPECT_EQ(json::text_of(without_new_members(now.json, before)), json::text_of(before))
            << target;
    }
}

}  // namespace e2e
