// For tests: a handler that answers while the body still comes.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "http/message.hpp"

namespace http::test {

// Answers with what comes, piece by piece, and at the end with how it ended.
class Echo : public std::enable_shared_from_this<Echo> {
public:
    explicit Echo(Request request) : request_(std::move(request)) {}

    static void answer(Request request, const Responder& respond) {
        const auto echo = std::make_shared<Echo>(std::move(request));
        Response response = Response::text(200, "");
        response.stream =
            BodyStream{[echo](BodyStream::Sink sink) { echo->next(std::move(sink)); }};
        respond(std::move(response));
    }

    void next(BodyStream::Sink sink) {
        if (ended_) return sink.done(std::nullopt);
        request_.incoming_body->next(
            [self = shared_from_this(), sink = std::move(sink)](const IncomingBody::Piece& piece) {
                self->ended_ = piece.last || piece.failure.has_value();
                std::string text = piece.data;
                if (piece.last) text += "(end)";
                if (piece.failure) text += "(" + std::to_string(piece.failure->status) + ")";
                sink.done(std::move(text));
            });
    }

private:
    Request request_;
    bool ended_ = false;
};

}  // namespace http::test
