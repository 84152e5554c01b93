#include "es/dynamodb/stream_checkpoint.hpp"

#include "base/json_members.hpp"
#include "base/time.hpp"

namespace es::dynamodb {
namespace {

constexpr const char* partition = "stream";
// A table of ten thousand shards takes ten million writes a second.
constexpr json::Limits checkpoint_limits{.members = 100'000};

void write_position(const ShardPosition& position, json::Writer& out) {
    switch (position.kind) {
        case ShardPosition::Kind::start:
            out.string("start");
            break;
        case ShardPosition::Kind::covered:
            out.string("covered");
            break;
        case ShardPosition::Kind::after:
            out.begin_object().member("after", position.after).end_object();
            break;
        case ShardPosition::Kind::done:
            out.string("done");
            break;
    }
}

std::optional<ShardPosition> read_position(const json::Value& value) {
    if (const std::string* word = value.string()) {
        if (*word == "start") return ShardPosition{};
        if (*word == "covered") return ShardPosition{.kind = ShardPosition::Kind::covered};
        if (*word == "done") return ShardPosition{.kind = ShardPosition::Kind::done};
        return std::nullopt;
    }
    const auto* sequence = json::member<std::string>(value, "after");
    if (sequence == nullptr) return std::nullopt;
    return ShardPosition{.kind = ShardPosition::Kind::after, .after = *sequence};
}

std::optional<StreamCheckpoint> read_checkpoint(const std::string& text) {
    const json::Parsed parsed = json::parse(text, checkpoint_limits);
    const auto* stream = json::member<std::string>(parsed.value, "stream");
    const auto* polled = json::member<std::string>(parsed.value, "polled");
    const auto* shards = json::member<json::Members>(parsed.value, "shards");
    if (stream == nullptr || polled == nullptr || shards == nullptr) return std::nullopt;
    const auto time = base::parse_time(*polled, base::DateAlone::start_of_day);
    if (!time) return std::nullopt;
    StreamCheckpoint checkpoint{.stream = *stream, .polled = *time};
    for (const auto& [id, value] : *shards) {
        const auto position = read_position(value);
        if (!position) return std::nullopt;
        checkpoint.shards.emplace(id, *position);
    }
    return checkpoint;
}

}  // namespace

es::Checkpoints checkpoints_at(const StreamCheckpoint& checkpoint) {
    json::Writer out;
    out.begin_object().member("stream", checkpoint.stream);
    out.member("polled", base::format_time(checkpoint.polled)).name("shards").begin_object();
    for (const auto& [id, position] : checkpoint.shards) {
        out.name(id);
        write_position(position, out);
    }
    out.end_object().end_object();
    return {{partition, out.take()}};
}

std::optional<StreamCheckpoint> checkpoint_in(const es::Checkpoints& checkpoints) {
    const auto found = checkpoints.find(partition);
    if (found == checkpoints.end()) return std::nullopt;
    return read_checkpoint(found->second);
}

}  // namespace es::dynamodb
