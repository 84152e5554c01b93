#include "transfer/series_import.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "transfer/known_values.hpp"

namespace transfer {
namespace {

constexpr const char* write_api = "the write API";
constexpr const char* read_api = "the read API";

// Sends rows over several connections, each a thread. The first failure stops all of them and is
// thrown to whoever adds rows or waits for the end.
class Senders {
public:
    Senders(const SeriesImportOptions& options, std::size_t count, SeriesImportSummary& summary)
        : options_(options), summary_(summary) {
        for (std::size_t i = 0; i < count; ++i) {
            threads_.emplace_back([this] { work(); });
        }
    }
    ~Senders() {
        stop_.request_stop();
        close();
    }
    Senders(const Senders&) = delete;
    Senders& operator=(const Senders&) = delete;

    void send(const SeriesRow& row) {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [&] { return waiting_.size() < waiting_rows_max || failure_; });
        if (failure_) std::rethrow_exception(failure_);
        waiting_.push_back(row);
        has_rows_.notify_one();
    }
    // Called by the reading thread for what it decides itself.
    template <class Work>
    void locked(Work work) {
        const std::lock_guard lock(mutex_);
        work();
        options_.on_row();
    }
    // Waits until all are sent.
    void finish() {
        close();
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        has_rows_.notify_all();
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

    void work() {
        try {
            PatientClient write(options_.write_url, write_api, options_.patience,
                                stop_.get_token());
            while (const auto row = take()) {
                settle(*row, report_value(write, options_.id, {row->time, row->value}));
            }
        } catch (const Stopped&) {
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            stop_.request_stop();
            has_room_.notify_all();
            has_rows_.notify_all();
        }
    }

    std::optional<SeriesRow> take() {
        std::unique_lock lock(mutex_);
        has_rows_.wait(lock,
                       [&] { return !waiting_.empty() || closed_ || stop_.stop_requested(); });
        if (waiting_.empty() || stop_.stop_requested()) return std::nullopt;
        SeriesRow row = std::move(waiting_.front());
        waiting_.pop_front();
        has_room_.notify_one();
        return row;
    }

    void settle(const SeriesRow& row, const Reported& reported) {
        const std::lock_guard lock(mutex_);
        switch (reported.outcome) {
            case Report::recorded:
                ++summary_.recorded;
                break;
            case Report::was_there:
                ++summary_.there;
                break;
            case Report::refused:
                ++summary_.bad;
                options_.on_bad_row(row.line, "the server refused it: " + reported.why);
                break;
        }
        options_.on_row();
    }

    const SeriesImportOptions& options_;
    std::mutex mutex_;  // guards all that follows, and the calls out
    std::condition_variable has_rows_;
    std::condition_variable has_room_;
    SeriesImportSummary& summary_;
    std::deque<SeriesRow> waiting_;
    bool closed_ = false;
    std::exception_ptr failure_;
    std::stop_source stop_;
    std::vector<std::thread> threads_;
};

struct Target {
    kpi::MetricKind kind;
    std::vector<TimedValue> values;  // those that it has
};

// A wrong address should not take as long to be told as a server that went away meanwhile.
void reach(const std::string& url, const char* what, const SeriesImportOptions& options) {
    PatientClient(url, what, std::min(options.patience, reach_patience)).get("/-/healthy");
}

// nullopt: there is no such metric.
std::optional<Target> prepare(const SeriesImportOptions& options) {
    reach(options.write_url, write_api, options);
    reach(options.read_url, read_api, options);
    PatientClient write(options.write_url, write_api, options.patience);
    PatientClient read(options.read_url, read_api, options.patience);
    std::optional<es::Version> version;
    if (options.create) {
        const Created created = create_metric(write, options.id, *options.create);
        if (created.is_new) return Target{options.create->kind, {}};
        version = created.version;
    } else {
        version = latest_version(write, options.id);
    }
    if (!version) return std::nullopt;
    const kpi::MetricKind kind = metric_kind(read, options.id, *version);
    return Target{kind, read_values(read, options.id, *version)};
}

std::string changed_value(const SeriesRow& row, double known) {
    return "at " + base::format_time(row.time) + " the value is " + json::format_number(known) +
           " already, not " + json::format_number(row.value) + "; it was left so";
}

void take_row(const SeriesRow& row, const SeriesImportOptions& options, KnownValues& known,
              Senders& senders, SeriesImportSummary& summary) {
    if (!row.fault.empty()) {
        senders.locked([&] {
            ++summary.bad;
            options.on_bad_row(row.line, row.fault);
        });
        return;
    }
    const auto found = known.find({row.time, row.value});
    if (found.answer == KnownValues::Answer::unknown) {
        if (known.size() == values_max) {
            throw es::Unusable("the metric would get more than " + std::to_string(values_max) +
                               " values");
        }
        known.add({row.time, row.value});
        senders.send(row);
        return;
    }
    senders.locked([&] {
        if (found.answer == KnownValues::Answer::same) {
            ++summary.there;
        } else {
            ++summary.changed;
            options.on_bad_row(row.line, changed_value(row, found.value));
        }
    });
}

}  // namespace

std::optional<SeriesImportSummary> import_series(SeriesReader& rows,
                                                 const SeriesImportOptions& options) {
    auto target = prepare(options);
    if (!target) return std::nullopt;
    KnownValues known(std::move(target->values));
    SeriesImportSummary summary;
    Senders senders(options, target->kind == kpi::MetricKind::gauge ? connections : 1, summary);
    while (const auto row = rows.next()) take_row(*row, options, known, senders, summary);
    senders.finish();
    return summary;
}

}  // namespace transfer
