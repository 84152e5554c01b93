// Bodies that are made piece by piece while they are sent, so that an answer of any length costs
// little memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/worker_pool.hpp"
#include "http/message.hpp"

namespace read_api {

// Makes a body. One thread at a time; next() may block and throw.
class PieceMaker {
public:
    virtual ~PieceMaker() = default;
    virtual std::string next() = 0;
    [[nodiscard]] virtual bool ended() const = 0;  // nothing follows
};

// Where pieces are made: on the pool's slow lane, as a job of this caller each.
struct PieceSource {
    api::WorkerPool& pool;
    std::function<void(std::string_view)> on_error;  // may be empty
    std::string caller;                              // as http::Request says
};

// Gives the response this body: makes the first piece at once (blocks, and throws as it does),
// further ones, if there are any, when they are asked for. One that can't be made cuts the answer.
void add_body(http::Response& response, std::shared_ptr<PieceMaker> maker, PieceSource source);

}  // namespace read_api
