#include "read_api/document_array.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "read_api/render.hpp"

namespace read_api {
namespace {

// Renders the array piece by piece. One thread at a time.
class ArrayWriter {
public:
    ArrayWriter(ArraySource source, std::vector<kpi::MetricId> ids, kpi::MetricFilter filter,
                es::TimePoint now)
        : source_(std::move(source)), ids_(std::move(ids)), filter_(std::move(filter)), now_(now) {}

    [[nodiscard]] const ArraySource& source() const { return source_; }

    // The next piece; nullopt behind the last. Throws es::Unavailable.
    std::optional<std::string> next() {
        if (ended_) return std::nullopt;
        const auto end = std::min(ids_.size(), place_ + array_chunk);
        const auto begin = ids_.begin();
        const std::vector<kpi::MetricId> chunk(begin + static_cast<std::ptrdiff_t>(place_),
                                               begin + static_cast<std::ptrdiff_t>(end));
        std::string piece = place_ == 0 ? "[" : "";
        for (const auto& metric : source_.views.find_all(chunk)) {
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
    ArraySource source_;
    std::vector<kpi::MetricId> ids_;
    kpi::MetricFilter filter_;
    es::TimePoint now_;
    std::size_t place_ = 0;
    bool wrote_one_ = false;
    bool ended_ = false;
};

void send_piece(ArrayWriter& writer, const http::BodyStream::Sink& sink) {
    try {
        sink.done(writer.next());
    } catch (const std::exception& error) {
        const auto& on_error = writer.source().on_error;
        if (on_error) on_error(std::string("an answer was cut off: ") + error.what());
        sink.fail();
    }
}

}  // namespace

http::Response document_array(const ArraySource& source, std::vector<kpi::MetricId> ids,
                              const kpi::MetricFilter& filter, es::TimePoint now) {
    const bool few = ids.size() <= array_chunk;
    auto writer = std::make_shared<ArrayWriter>(source, std::move(ids), filter, now);
    if (few) return http::Response::json(200, writer->next().value_or(""));
    http::Response response = http::Response::json(200, {});
    response.stream = http::BodyStream{[writer](const http::BodyStream::Sink& sink) {
        const api::JobOrigin origin{writer->source().caller, api::Lane::slow};
        const bool taken = writer->source().pool.post([writer, sink] { send_piece(*writer, sink); },
                                                      origin, api::WorkerPool::Admission::always);
        if (!taken) sink.fail();
    }};
    return response;
}

}  // namespace read_api
