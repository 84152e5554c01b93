#include "es/subscription.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "es/errors.hpp"
#include "es/invariant.hpp"

namespace es {
namespace {

constexpr const char* first_line = "es checkpoints 1";

}  // namespace

// A line for each partition: its name, a tab, its position. Neither holds tabs or line ends.
Checkpoints CheckpointFile::load() {
    std::error_code error;
    if (!std::filesystem::exists(file_, error)) return {};
    std::ifstream in(file_);
    std::string line;
    if (!std::getline(in, line)) throw Unavailable(file_.string() + " can't be read");
    if (line != first_line) throw Corrupt(file_.string() + " holds no checkpoints");
    Checkpoints checkpoints;
    while (std::getline(in, line)) {
        const auto tab = line.find('\t');
        if (tab == std::string::npos) throw Corrupt(file_.string() + " holds no checkpoints");
        checkpoints[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return checkpoints;
}

void CheckpointFile::save(const Checkpoints& checkpoints) {
    std::ostringstream text;
    text << first_line << '\n';
    for (const auto& [partition, position] : checkpoints) {
        text << partition << '\t' << position << '\n';
    }
    auto draft = file_;
    draft += ".draft";
    std::ofstream out(draft, std::ios::trunc);
    out << text.str();
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(draft, file_, error);
    if (!out || error) throw Unavailable(file_.string() + " can't be written");
}

Subscription::Subscription(EventFeed& feed, CheckpointStore& checkpoints, OnEvent on_event,
                           SubscriptionOptions options)
    : feed_(feed),
      checkpoints_(checkpoints),
      on_event_(std::move(on_event)),
      options_(std::move(options)),
      thread_([this] { run(); }) {}

void Subscription::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    feed_.wake();
    if (thread_.joinable()) thread_.join();
}

bool Subscription::catch_up(std::chrono::milliseconds at_most) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    std::unique_lock lock(mutex_);
    for (;;) {
        const Checkpoints reached = reached_;
        lock.unlock();
        if (feed_.lag(reached).events == 0) return true;
        lock.lock();
        const auto moved = [&] { return stopping_ || reached_ != reached; };
        if (!changed_.wait_until(lock, until, moved) || stopping_) return false;
    }
}

void Subscription::run() {
    auto length = options_.pause_first;
    while (!stopping_) {
        try {
            step();
            length = options_.pause_first;
            continue;
        } catch (...) {
            const std::string why = current_error();
            try {
                options_.on_failure(why);
            } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to notify
            }
        }
        if (pause(length)) return;
        length = std::min(2 * length, options_.pause_max);
    }
}

void Subscription::step() {
    if (!loaded_) {
        Checkpoints loaded = checkpoints_.load();
        const std::lock_guard lock(mutex_);
        reached_ = std::move(loaded);
        loaded_ = true;
    }
    if (done_ == batch_.events.size() && batch_.reached.empty()) {
        done_ = 0;
        batch_ = {};
        batch_ = feed_.poll(reached_, options_.batch_events_max, options_.poll_time_max);
    }
    for (; done_ < batch_.events.size(); ++done_) {
        if (stopping_) return;
        on_event_(batch_.events[done_]);
    }
    if (batch_.reached.empty()) return;
    invariant(done_ == batch_.events.size(), "a checkpoint passes no event that wasn't handled");
    Checkpoints reached = reached_;
    for (const auto& [partition, position] : batch_.reached) reached[partition] = position;
    checkpoints_.save(reached);
    batch_.reached.clear();
    {
        const std::lock_guard lock(mutex_);
        reached_ = std::move(reached);
    }
    changed_.notify_all();
}

bool Subscription::pause(std::chrono::milliseconds length) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, length, [this] { return stopping_.load(); });
}

}  // namespace es
