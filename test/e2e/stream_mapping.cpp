#include "stream_mapping.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <utility>

#include "base/json.hpp"
#include "engine_access.hpp"
#include "http/client.hpp"

namespace e2e {
namespace {

constexpr std::chrono::milliseconds poll_pause{30};
// Longer than the Runtime API lets an invocation take.
constexpr std::chrono::seconds invocation_time_max{90};
const json::Limits record_limits{
    .depth = 80, .members = 400 * 1024 / 3, .name_bytes = 400UL * 1024};

// The texts of the objects in an array, as they stand there.
std::vector<std::string> objects_in(std::string_view array) {
    std::vector<std::string> objects;
    std::size_t begin = 0;
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < array.size(); ++i) {
        const char c = array[i];
        if (in_text) {
            if (c == '\\') ++i;
            if (c == '"') in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' && depth++ == 0) {
            begin = i;
        } else if (c == '}' && --depth == 0) {
            objects.emplace_back(array.substr(begin, i + 1 - begin));
        }
    }
    return objects;
}

const json::Value& at(const json::Value& value, const char* name) {
    const json::Value* member = value.find(name);
    if (member == nullptr) throw std::runtime_error(std::string("no member ") + name);
    return *member;
}

std::string arguments(const char* name, const std::string& value, const std::string& more = {}) {
    json::Writer out;
    out.begin_object().member(name, value).end_object();
    std::string text = out.take();
    text.insert(text.size() - 1, more);
    return text;
}

}  // namespace

// The stream's one shard.
class StreamMapping::Reader {
public:
    explicit Reader(const Environment& told) : engines_(told) { begin(); }

    // What is new in it; the INSERTs alone.
    Batch next() {
        const std::string page =
            engines_.streams("GetRecords", arguments("ShardIterator", iterator_));
        Batch batch;
        for (const std::string& text : objects_in(json::raw_member(page, "Records").value())) {
            const json::Value record = json::parse(text, record_limits).value;
            if (*at(record, "eventName").string() == "INSERT") batch.push_back(read(record, text));
        }
        iterator_ = *at(json::parse(page, record_limits).value, "NextShardIterator").string();
        return batch;
    }

private:
    void begin() {
        const json::Value table =
            json::parse(
                engines_.dynamodb("DescribeTable", arguments("TableName", engines_.table())))
                .value;
        stream_ = *at(at(table, "Table"), "LatestStreamArn").string();
        const json::Value stream =
            json::parse(engines_.streams("DescribeStream", arguments("StreamArn", stream_))).value;
        const json::Array& shards = *at(at(stream, "StreamDescription"), "Shards").array();
        const json::Value made =
            json::parse(
                engines_.streams("GetShardIterator",
                                 arguments("StreamArn", stream_,
                                           R"(,"ShardIteratorType":"LATEST","ShardId":")" +
                                               *at(shards.at(0), "ShardId").string() + "\"")))
                .value;
        iterator_ = *at(made, "ShardIterator").string();
    }

    [[nodiscard]] StreamRecordText read(const json::Value& record, std::string text) const {
        const json::Value& change = at(record, "dynamodb");
        text.insert(text.size() - 1, R"(,"eventSourceARN":")" + stream_ + "\"");
        return {std::move(text), *at(change, "SequenceNumber").string(),
                *at(at(at(change, "Keys"), "aggregateId"), "S").string(),
                std::chrono::steady_clock::now()};
    }

    EngineAccess engines_;
    std::string stream_;
    std::string iterator_;
};

StreamMapping::StreamMapping(const Environment& told, std::string url, MappingOptions options)
    : url_(std::move(url)), options_(std::move(options)) {
    for (std::size_t i = 0; i < options_.shards; ++i) {
        readers_.push_back(std::make_unique<Reader>(told));
    }
}

void StreamMapping::start() {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
        shards_.emplace_back([this, i] { run(i, *readers_[i]); });
    }
}

StreamMapping::~StreamMapping() {
    stopping_ = true;
    for (auto& shard : shards_) shard.join();
}

std::vector<StreamRecordText> StreamMapping::failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
}

void StreamMapping::run(std::size_t shard, Reader& reader) {
    Batch waiting;
    while (!stopping_) {
        try {
            for (StreamRecordText& record : reader.next()) {
                const bool ours =
                    std::hash<std::string>()(record.metric) % options_.shards == shard;
                if (ours) waiting.push_back(std::move(record));
            }
        } catch (const std::exception&) {  // the engine is away
            std::this_thread::sleep_for(poll_pause);
            continue;
        }
        if (waiting.empty()) std::this_thread::sleep_for(poll_pause);
        while (!waiting.empty() && !stopping_) {
            const auto size = std::min(waiting.size(), options_.batch_records_max);
            const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(size);
            Batch batch(waiting.begin(), end);
            waiting.erase(waiting.begin(), end);
            if (options_.spoil) options_.spoil(batch);
            deliver(std::move(batch));
        }
    }
}

void StreamMapping::deliver(Batch whole) {
    std::deque<Batch> waiting{std::move(whole)};  // in order
    while (!waiting.empty() && !stopping_) {
        Batch& batch = waiting.front();
        give_up_old(batch);
        std::size_t dealt_with = 0;
        const Outcome outcome = batch.empty() ? Outcome::done : invoke(batch, dealt_with);
        if (outcome == Outcome::done) {
            waiting.pop_front();
            continue;
        }
        batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(dealt_with));
        if (outcome == Outcome::failed && batch.size() > 1) {
            const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
            Batch first(batch.begin(), middle);
            batch.erase(batch.begin(), middle);
            waiting.push_front(std::move(first));
        }
        std::this_thread::sleep_for(options_.retry_pause);
    }
}

void StreamMapping::give_up_old(Batch& batch) {
    const auto oldest = std::chrono::steady_clock::now() - options_.record_age_max;
    const auto young = std::find_if(batch.begin(), batch.end(),
                                    [&](const auto& record) { return record.read_at >= oldest; });
    const std::lock_guard lock(mutex_);
    failures_.insert(failures_.end(), batch.begin(), young);
    batch.erase(batch.begin(), young);
}

StreamMapping::Outcome StreamMapping::invoke(const Batch& batch, std::size_t& dealt_with) {
    std::string event = R"({"Records":[)";
    for (const StreamRecordText& record : batch) {
        if (&record != &batch.front()) event += ',';
        event += record.json;
    }
    event += "]}";
    ++invocations_;
    try {
        http::Client client(url_, invocation_time_max);
        const auto answer =
            client.send("POST", "/2015-03-31/functions/projector/invocations", {}, event);
        const json::Parsed parsed = json::parse(answer.body);
        const json::Value* failures = parsed.value.find("batchItemFailures");
        if (answer.status == 200 && failures != nullptr && failures->array() != nullptr) {
            if (failures->array()->empty()) return Outcome::done;
            ++failed_invocations_;
            const json::Value* named = failures->array()->front().find("itemIdentifier");
            const std::string* sequence = named != nullptr ? named->string() : nullptr;
            const auto found = std::find_if(batch.begin(), batch.end(), [&](const auto& record) {
                return sequence != nullptr && record.sequence == *sequence;
            });
            if (found == batch.end()) return Outcome::failed;
            dealt_with = static_cast<std::size_t>(found - batch.begin());
            return Outcome::partly;
        }
    } catch (const http::ClientError&) {
        ++failed_invocations_;
        return Outcome::failed;  // no answer
    }
    ++failed_invocations_;
    return Outcome::failed;
}

}  // namespace e2e
