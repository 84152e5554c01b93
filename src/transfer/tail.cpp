#include "transfer/tail.hpp"

#include <thread>

#include "es/errors.hpp"
#include "transfer/event_line.hpp"

namespace transfer {
namespace {

constexpr std::size_t batch_events = 1'000;
constexpr std::chrono::milliseconds look_for_stop_every{100};

void write_batch(const es::FeedBatch& batch, const TailOptions& options, Output& out) {
    std::string lines;
    for (const es::RecordedEvent& event : batch.events) {
        if (options.only && event.stream != *options.only) continue;
        if (!write_event_line(event, lines)) options.on_left_out(event);
    }
    out.write(lines);
    out.flush();
}

}  // namespace

void tail(es::EventFeed& feed, const TailOptions& options, Output& out) {
    std::optional<es::Checkpoints> reached;
    out.give_up_when(options.stop_asked);
    try {
        while (!options.stop_asked() && !out.reader_gone()) {
            try {
                if (!reached) reached = options.begin();
                const auto batch = feed.poll(*reached, batch_events, look_for_stop_every);
                write_batch(batch, options, out);
                for (const auto& [partition, checkpoint] : batch.reached) {
                    (*reached)[partition] = checkpoint;
                }
            } catch (const es::Unavailable&) {
                std::this_thread::sleep_for(look_for_stop_every);
            }
        }
    } catch (const ReaderGone&) {
    }
}

}  // namespace transfer
