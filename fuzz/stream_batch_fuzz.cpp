// A batch of a table's stream is read or refused with es::Corrupt; what is delivered is whole.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "check.hpp"
#include "es/dynamodb/stream_batch.hpp"
#include "es/errors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        for (const auto& record : es::read_stream_batch(text, "goals")) {
            fuzz::check(json::parse(es::batch_answer(record.sequence)).ok(), "the answer is JSON");
            if (!record.event) continue;
            fuzz::check(!record.event->stream.empty() && record.event->version >= 1,
                        "an event has a stream and a version");
        }
    } catch (const es::Corrupt&) {  // as the header says
    }
    return 0;
}
