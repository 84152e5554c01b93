#include "es/dynamodb/stream_access.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "base/json_members.hpp"
#include "es/dynamodb/calls.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

constexpr std::size_t records_max = 1'000;  // the service's own limit
// Pages of shards. A stream has fewer.
constexpr std::size_t shard_pages_max = 10'000;

using Kind = aws::Reply::Kind;

// Reads one page of one shard: first an iterator if there is none or it has expired, then the
// records. Lives until the answer is known.
class PageRequest : public std::enable_shared_from_this<PageRequest> {
public:
    PageRequest(aws::JsonClient& client, std::string stream, ShardQuestion question,
                std::size_t limit, Deadline deadline)
        : client_(client),
          stream_(std::move(stream)),
          question_(std::move(question)),
          limit_(limit),
          deadline_(deadline) {}

    // The last reply: the records', or that of what failed.
    std::future<aws::Reply> start() {
        auto reply = reply_.get_future();
        if (question_.iterator.empty()) {
            make_iterator();
        } else {
            get_records();
        }
        return reply;
    }

private:
    void make_iterator() {
        json::Writer out;
        out.begin_object().member("StreamArn", stream_).member("ShardId", question_.shard);
        if (question_.from.kind == ShardPosition::Kind::after) {
            out.member("ShardIteratorType", "AFTER_SEQUENCE_NUMBER");
            out.member("SequenceNumber", question_.from.after);
        } else {
            out.member("ShardIteratorType", "TRIM_HORIZON");
        }
        out.end_object();
        made_ = true;
        send("GetShardIterator", out.take(), [this](aws::Reply reply) {
            const json::Value body = json::parse(reply.body).value;
            const auto* iterator = json::member<std::string>(body, "ShardIterator");
            if (reply.kind != Kind::answered || iterator == nullptr) {
                reply_.set_value(std::move(reply));
                return;
            }
            question_.iterator = *iterator;
            get_records();
        });
    }

    void get_records() {
        json::Writer out;
        out.begin_object().member("ShardIterator", question_.iterator);
        out.member("Limit", static_cast<std::int64_t>(limit_)).end_object();
        send("GetRecords", out.take(), [this](aws::Reply reply) {
            if (refused_with(reply, "ExpiredIteratorException") && !made_) return make_iterator();
            reply_.set_value(std::move(reply));
        });
    }

    void send(std::string_view operation, std::string body, std::function<void(aws::Reply)> step) {
        client_.send(call_of(streams_api, operation, std::move(body), deadline_),
                     [self = shared_from_this(), step = std::move(step)](aws::Reply reply) {
                         step(std::move(reply));
                     });
    }

    aws::JsonClient& client_;
    const std::string stream_;
    ShardQuestion question_;
    const std::size_t limit_;
    const Deadline deadline_;
    bool made_ = false;  // the iterator is new
    std::promise<aws::Reply> reply_;
};

}  // namespace

StreamAccess::StreamAccess(aws::JsonClient& client, std::string table,
                           std::chrono::milliseconds call_time)
    : client_(client), table_(std::move(table)), call_time_(call_time) {}

std::vector<Shard> StreamAccess::shards(const std::string& stream) const {
    std::vector<Shard> shards;
    std::string last;
    for (std::size_t pages = 0; pages < shard_pages_max; ++pages) {
        json::Writer out;
        out.begin_object().member("StreamArn", stream);
        if (!last.empty()) out.member("ExclusiveStartShardId", last);
        out.end_object();
        const auto until = std::chrono::steady_clock::now() + call_time_;
        const auto reply = client_.call(call_of(streams_api, "DescribeStream", out.take(), until));
        if (refused_with(reply, "ResourceNotFoundException")) {
            throw es::Trimmed("the stream " + stream + " is gone");
        }
        if (reply.kind != Kind::answered) throw es::Unavailable(reason_of(reply, table_));
        const json::Value body = read_body(reply.body);
        const json::Value& description = member_of(body, "StreamDescription");
        for (const json::Value& shard : array_of(description, "Shards")) {
            shards.push_back(
                {text_of(shard, "ShardId"), json::text_or_empty(shard, "ParentShardId")});
        }
        const auto* more = json::member<std::string>(description, "LastEvaluatedShardId");
        if (more == nullptr) return shards;
        last = *more;
    }
    throw es::Unavailable("the list of the stream's shards does not end");
}

std::vector<ShardAnswer> StreamAccess::ask(const std::string& stream,
                                           const std::vector<ShardQuestion>& questions,
                                           std::size_t limit) const {
    const auto until = std::chrono::steady_clock::now() + call_time_;
    const std::size_t records = std::clamp(limit, std::size_t{1}, records_max);
    std::vector<std::future<aws::Reply>> replies;
    replies.reserve(questions.size());
    for (const ShardQuestion& question : questions) {
        replies.push_back(
            std::make_shared<PageRequest>(client_, stream, question, records, until)->start());
    }
    std::vector<ShardAnswer> answers;
    answers.reserve(questions.size());
    for (auto& reply : replies) answers.push_back(answer_of(reply.get()));
    return answers;
}

ShardAnswer StreamAccess::answer_of(const aws::Reply& reply) const {
    ShardAnswer answer;
    if (reply.kind != Kind::answered) {
        // The records of a shard that no longer exists are gone with it.
        answer.trimmed = refused_with(reply, "TrimmedDataAccessException") ||
                         refused_with(reply, "ResourceNotFoundException");
        answer.trouble = reason_of(reply, table_);
        return answer;
    }
    try {
        answer.page = read_records(read_body(reply.body));
    } catch (const es::Unavailable& error) {
        answer.trouble = error.what();
    }
    return answer;
}

}  // namespace es::dynamodb
