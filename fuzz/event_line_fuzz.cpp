// What is read as an event's line is written and read again as the same, its payload to the byte.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.hpp"
#include "transfer/event_line.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const transfer::EventLine line = transfer::read_event_line(text);
    if (!line.fault.empty()) return 0;
    std::string written;
    fuzz::check(transfer::write_event_line(line.event, written), "what was read can be written");
    fuzz::check(written.ends_with('\n') && written.find('\n') == written.size() - 1, "one line");
    written.pop_back();
    const transfer::EventLine again = transfer::read_event_line(written);
    fuzz::check(again.fault.empty(), "what was written is an event's line");
    fuzz::check(again.event.payload == transfer::payload_in_line(line.event.payload),
                "a payload is kept");
    std::string twice;
    fuzz::check(transfer::write_event_line(again.event, twice), "it can be written again");
    fuzz::check(twice == written + '\n', "a line reads as the same");
    return 0;
}
