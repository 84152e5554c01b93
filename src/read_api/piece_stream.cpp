#include "read_api/piece_stream.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace read_api {
namespace {

struct Streaming {
    std::shared_ptr<PieceMaker> maker;
    PieceSource source;
    std::optional<std::string> first;  // until it is sent
};

void send_piece(Streaming& streaming, const http::BodyStream::Sink& sink) {
    try {
        if (streaming.first) {
            sink.done(std::exchange(streaming.first, std::nullopt));
        } else if (streaming.maker->ended()) {
            sink.done(std::nullopt);
        } else {
            sink.done(streaming.maker->next());
        }
    } catch (const std::exception& error) {
        const auto& on_error = streaming.source.on_error;
        if (on_error) on_error(std::string("an answer was cut off: ") + error.what());
        sink.fail();
    }
}

}  // namespace

void add_body(http::Response& response, std::shared_ptr<PieceMaker> maker, PieceSource source) {
    std::string first = maker->next();
    if (maker->ended()) {
        response.body = std::move(first);
        return;
    }
    auto streaming = std::make_shared<Streaming>(
        Streaming{std::move(maker), std::move(source), std::move(first)});
    response.stream = http::BodyStream{[streaming](const http::BodyStream::Sink& sink) {
        const api::JobOrigin origin{streaming->source.caller, api::Lane::slow};
        const bool taken =
            streaming->source.pool.post([streaming, sink] { send_piece(*streaming, sink); }, origin,
                                        api::WorkerPool::Admission::always);
        if (!taken) sink.fail();
    }};
}

}  // namespace read_api
