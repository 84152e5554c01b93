// Keeps the lines of a bulk request in their order, metric by metric: once one of a metric was not
// decided, the later ones of that metric are held back, so that its sender can send them again in
// their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>

#include "es/command.hpp"

namespace write_api {

// Any thread.
class LineOrder {
public:
    // Metrics with a line that was not decided; with more of them a request ends.
    static constexpr std::size_t undecided_metrics_max = 1'000;

    using Chain = std::shared_ptr<es::CommandChain>;
    // Before a line of this metric is submitted: the chain that its command belongs to; or, if it
    // must not be submitted, the line that holds it back.
    std::variant<Chain, std::int64_t> begin(const std::string& id);
    // The processor did not take the line.
    void take_back(const std::string& id);
    // Its outcome. Of one that was held back the line that does that; else 0.
    std::int64_t settle(const std::string& id, std::int64_t line, const es::CommandResult& result);
    [[nodiscard]] bool has_too_many_undecided() const;

private:
    struct Metric {
        Chain chain = std::make_shared<es::CommandChain>();
        std::size_t in_flight = 0;
        std::int64_t undecided = 0;  // the first such line; 0: none
    };
    using Metrics = std::unordered_map<std::string, Metric>;

    void end_one(Metrics::iterator metric);

    mutable std::mutex mutex_;
    Metrics metrics_;  // with lines in flight, or one that was not decided
    std::size_t undecided_ = 0;
};

}  // namespace write_api
