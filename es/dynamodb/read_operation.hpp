// One stream, or a part of it, on its way out of the table: page by page, and checked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/store_context.hpp"
#include "es/event_store.hpp"

namespace es::dynamodb {

// Lives until it has settled. Its steps come one after the other, on the client's thread.
class ReadOperation : public std::enable_shared_from_this<ReadOperation> {
public:
    using OnResult = std::function<void(es::ReadResult)>;

    ReadOperation(std::shared_ptr<StoreContext> context, es::ReadRequest request,
                  OnResult on_result);
    void start();

private:
    // Where the events that were taken so far end.
    [[nodiscard]] es::Version reached() const;
    [[nodiscard]] bool full() const;
    [[nodiscard]] std::string body() const;

    void ask();
    void on_page(const aws::Reply& reply);
    // True when the rest of the page is of no use: the result is settled, or asked for anew.
    bool take(const json::Value& item);
    bool take_gap(es::Version version);
    void settle(es::ReadStatus status, std::string reason);
    // What comes next can't be read. What came before can: it goes out first, and the next read
    // says what is wrong.
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
    Deadline not_before_{};  // the next question
};

}  // namespace es::dynamodb
