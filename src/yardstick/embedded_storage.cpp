#include "yardstick/embedded_storage.hpp"

#include <cstdlib>
#include <utility>

#include "base/log.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "yardstick/folder_access.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

void log_notice(const std::string& text) {
    log::warning(text);
}

// What is on disk is no longer known; a restart reads it again.
[[noreturn]] void end_at_once(const std::string& reason) {
    log::last_words("the disk failed; ending at once so that nothing more is promised",
                    {{"reason", reason}});
    std::_Exit(70);
}

class EmbeddedStorage : public Storage {
public:
    EmbeddedStorage(std::filesystem::path data, std::string role)
        : data_(std::move(data)), role_(std::move(role)) {
        require_readable(data_);
    }

    std::string events_missing() override {
        refuse_lost_events();
        if (es::SqliteEventReader(data_).healthy()) return {};
        return "there is no event store in " + data_.string() + " yet";
    }

    WrittenEvents write_events() override {
        es::SqliteEventStoreOptions options{.witnesses = views::event_witnesses(), .role = role_};
        options.on_fatal = end_at_once;
        options.log = log_notice;
        options.on_checked = [](const std::string& what) {
            log::info("the event store was checked", {{"checked", what}});
        };
        auto store = std::make_unique<es::SqliteEventStore>(data_, std::move(options));
        signal_ = store->signal();
        auto healthy = [&events = *store] { return events.healthy(); };
        return {std::move(store), std::move(healthy)};
    }

    std::unique_ptr<es::EventStore> read_events() override {
        return std::make_unique<es::SqliteEventReader>(data_);
    }
    std::unique_ptr<es::EventOrder> event_order() override {
        return std::make_unique<es::SqliteEventOrder>(data_);
    }
    std::unique_ptr<es::EventFeed> feed() override {
        return std::make_unique<es::SqliteEventFeed>(data_, signal_);
    }
    std::unique_ptr<es::EventFeed> feed_for_lag() override {
        return std::make_unique<es::SqliteEventFeed>(data_);
    }

    std::unique_ptr<kpi::MetricViews> write_views() override {
        views::SqliteMetricViewsOptions options;
        options.writer = true;
        options.role = role_;
        options.on_fatal = end_at_once;
        options.log = log_notice;
        return std::make_unique<views::SqliteMetricViews>(data_, std::move(options));
    }
    std::unique_ptr<kpi::MetricViews> read_views() override {
        return std::make_unique<views::SqliteMetricViews>(data_);
    }
    // Its feed has every event: views that begin afresh are folded from it like any others.
    void rebuild_views(const std::function<bool()>& /*stop*/) override {
        throw es::Unavailable("the feed of " + data_.string() + " has lost events");
    }
    [[nodiscard]] bool reads_are_local() const override { return true; }

private:
    // Before the event store is there again, somebody who only waits for it must say it too.
    void refuse_lost_events() {
        try {
            es::sqlite::refuse_lost_events(data_, views::event_witnesses());
        } catch (const es::Unavailable&) {
            // It can't be read yet; whoever uses it says why.
        }
    }

    std::filesystem::path data_;
    std::string role_;
    std::shared_ptr<es::CommitSignal> signal_;  // where the events are written here too
};

}  // namespace

std::unique_ptr<Storage> embedded_storage(std::filesystem::path data, std::string role) {
    return std::make_unique<EmbeddedStorage>(std::move(data), std::move(role));
}

}  // namespace yardstick
