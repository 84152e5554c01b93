#include "es/event.hpp"

namespace es {

std::size_t approximate_bytes(const RecordedEvent& event) {
    return sizeof event + event.stream.size() + event.type.size() + event.payload.size() +
           event.metadata.command_id.size() + event.metadata.idempotency_key.size() +
           event.metadata.digest.size() + event.metadata.actor.size();
}

}  // namespace es
