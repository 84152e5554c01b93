// For tests of projections: balances of accounts in memory, with faults.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "es/errors.hpp"
#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "es/test/account_test_domain.hpp"

namespace es {

struct Balance {
    Version version = 0;
    int balance = 0;
};

struct BalanceView {
    using Document = Balance;
    struct Row {
        Version version = 0;
        int amount = 0;
    };
    static inline std::atomic<bool> knows_gifts{false};

    static void fold(std::optional<Balance>& document, const RecordedEvent& event,
                     Rows<Row>& rows) {
        int amount = 0;
        if (event.type == "Gift") {
            if (!knows_gifts) throw Corrupt("unknown event type 'Gift'");
            amount = 1000;
        } else if (const auto decoded = account::Account::codec().decode(event);
                   const auto* in = std::get_if<account::Deposited>(&decoded)) {
            amount = in->amount;
        }
        if (!document) document.emplace();
        document->version = event.version;
        document->balance += amount;
        if (amount != 0) rows.put({event.version, amount});
    }
};

// In memory, with faults.
class BalanceViews : public ViewStore<BalanceView> {
public:
    std::map<StreamId, Balance> load(const std::vector<StreamId>& ids) override {
        if (on_load) on_load();
        const std::lock_guard lock(mutex);
        std::map<StreamId, Balance> found;
        for (const auto& id : ids) {
            if (documents.contains(id)) found[id] = documents[id];
        }
        if (after_load) std::exchange(after_load, {})();
        return found;
    }
    std::vector<StreamId> save(const ViewSave<BalanceView>& save) override {
        const std::lock_guard lock(mutex);
        ++saves;
        if (failing_saves > 0) {
            --failing_saves;
            changed.notify_all();
            throw Unavailable("the views are away");
        }
        std::vector<StreamId> stale;
        for (const auto& change : save.changes) {
            if (documents[change.id].version != change.loaded) {
                stale.push_back(change.id);
                continue;
            }
            documents[change.id] = change.document;
            for (const auto& row : change.rows) ++rows[change.id + std::to_string(row.version)];
        }
        if (!stale.empty()) return stale;
        for (const auto& entry : save.parked) parked_entries[entry.stream] = entry;
        for (const auto& entry : save.unparked) parked_entries.erase(entry.stream);
        for (const auto& [partition, position] : save.checkpoints) {
            saved_checkpoints[partition] = position;
        }
        changed.notify_all();
        return {};
    }
    Checkpoints checkpoints() override {
        const std::lock_guard lock(mutex);
        return saved_checkpoints;
    }
    std::vector<Parked> parked() override {
        const std::lock_guard lock(mutex);
        std::vector<Parked> list;
        for (const auto& [id, entry] : parked_entries) list.push_back(entry);
        return list;
    }
    void wait_until(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), condition));
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::map<StreamId, Balance> documents;
    std::map<std::string, int> rows;  // how often each was saved
    std::map<StreamId, Parked> parked_entries;
    Checkpoints saved_checkpoints;
    std::function<void()> on_load;
    std::function<void()> after_load;
    int failing_saves = 0;
    int saves = 0;
};

class ProjectionTest : public ::testing::Test {
protected:
    void SetUp() override { BalanceView::knows_gifts = false; }

    void append(const StreamId& stream, const std::string& type, const std::string& payload) {
        RecordedEvent event;
        event.stream = stream;
        event.version = ++versions_[stream];
        event.type = type;
        event.schema = type == "Deposited" ? 2 : 1;
        event.payload = payload;
        ASSERT_EQ(append_one(events, {stream, event.version - 1, {event}}).status,
                  AppendStatus::stored);
    }
    std::vector<RecordedEvent> stream(const StreamId& id) { return read_stream(events, id); }

    MemoryEventStore events;
    BalanceViews views;
    Projection<BalanceView> projection{events, views, {}};

private:
    std::map<StreamId, Version> versions_;
};

}  // namespace es
