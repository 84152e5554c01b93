#include "read_api/document_array.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "read_api/render.hpp"

namespace read_api {
namespace {

class ArrayMaker : public PieceMaker {
public:
    ArrayMaker(kpi::MetricViews& views, std::vector<kpi::MetricId> ids, kpi::MetricFilter filter,
               es::TimePoint now)
        : views_(views), ids_(std::move(ids)), filter_(std::move(filter)), now_(now) {}

    [[nodiscard]] bool ended() const override { return ended_; }

    std::string next() override {
        const auto end = std::min(ids_.size(), place_ + array_chunk);
        const auto begin = ids_.begin();
        const std::vector<kpi::MetricId> chunk(begin + static_cast<std::ptrdiff_t>(place_),
                                               begin + static_cast<std::ptrdiff_t>(end));
        std::string piece = place_ == 0 ? "[" : "";
        for (const auto& metric : views_.find_all(chunk)) {
            if (!kpi::matches(filter_, metric.document, now_)) continue;
            if (std::exchange(wrote_one_, true)) piece += ',';
            piece += render_document(metric, now_);
        }
        place_ = end;
        ended_ = place_ == ids_.size();
        if (ended_) piece += ']';
        return piece;
    }

private:
    kpi::MetricViews& views_;
    std::vector<kpi::MetricId> ids_;
    kpi::MetricFilter filter_;
    es::TimePoint now_;
    std::size_t place_ = 0;
    bool wrote_one_ = false;
    bool ended_ = false;
};

}  // namespace

http::Response document_array(kpi::MetricViews& views, PieceSource source,
                              std::vector<kpi::MetricId> ids, const kpi::MetricFilter& filter,
                              es::TimePoint now) {
    http::Response response = http::Response::json(200, {});
    add_body(response, std::make_shared<ArrayMaker>(views, std::move(ids), filter, now),
             std::move(source));
    return response;
}

}  // namespace read_api
