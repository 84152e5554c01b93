// Reads one stream, or a part of it, from the table: page by page, and checked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/store_context.hpp"
#include "es/event_store.hpp"

namespace es::dynamodb {

// Lives until its result is known. Its steps run one after the other, on the client's thread.
class ReadOperation : public std::enable_shared_from_this<ReadOperation> {
public:
    using OnResult = std::function<void(es::ReadResult)>;

    ReadOperation(std::shared_ptr<StoreContext> context, es::ReadRequest request,
                  OnResult on_result);
    void start();

private:
    // The version of the last event that was taken.
    [[nodiscard]] es::Version reached() const;
    [[nodiscard]] bool full() const;
    [[nodiscard]] std::string body() const;

    void ask();
    void on_page(const aws::Reply& reply);
    // True when the rest of the page is not needed: the result is known, or the page is read again.
    bool take(const json::Value& item);
    bool take_gap(es::Version version);
    void settle(es::ReadStatus status, std::string reason);
    // The next item can't be read. The events before it are returned first, and the next read
    // reports what is wrong.
    void settle_corrupt(const std::string& reason);

    const std::shared_ptr<StoreContext> context_;
    const es::ReadRequest request_;
    const OnResult on_result_;
    const Deadline deadline_;
    es::ReadResult result_;
    std::size_t bytes_ = 0;
    es::Version from_ = 0;   // the query's: versions above it
    std::string next_page_;  // its LastEvaluatedKey, as it came; empty at first
    std::size_t gaps_ = 0;   // seen one after the other
    Deadline not_before_{};  // of the next request
};

}  // namespace es::dynamodb
