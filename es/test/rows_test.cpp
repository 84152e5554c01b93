// Rows that change: a ledger whose entries may be corrected and reversed, by a write side that
// knows its entries and a view that reads its stream again when it must.
#include "es/rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>

#include "es/es.hpp"
#include "es/projection.hpp"
#include "es/testing/given.hpp"

namespace ledger {
namespace {

struct Opened {
    std::string owner;
    bool operator==(const Opened&) const = default;
};
struct Booked {
    std::int64_t cents = 0;
    bool operator==(const Booked&) const = default;
};
struct Corrected {
    std::int64_t of = 0;  // the version of the entry's event
    std::int64_t cents = 0;
    bool operator==(const Corrected&) const = default;
};
struct Reversed {
    std::int64_t of = 0;
    bool operator==(const Reversed&) const = default;
};
constexpr auto describe(es::Type<Opened>) {
    return es::event("Opened", es::member("owner", &Opened::owner));
}
constexpr auto describe(es::Type<Booked>) {
    return es::event("Booked", es::member("cents", &Booked::cents));
}
constexpr auto describe(es::Type<Corrected>) {
    return es::event("Corrected", es::member("of", &Corrected::of),
                     es::member("cents", &Corrected::cents));
}
constexpr auto describe(es::Type<Reversed>) {
    return es::event("Reversed", es::member("of", &Reversed::of));
}

struct Ledger {
    using Event = std::variant<Opened, Booked, Corrected, Reversed>;

    std::int64_t balance = 0;
    std::map<es::Version, std::int64_t> entries;

    void apply(const Opened& /*event*/) {}
    void apply(const Booked& event, es::EventInfo info) { set(info.version, event.cents); }
    void apply(const Corrected& event) { set(event.of, event.cents); }
    void apply(const Reversed& event) {
        set(event.of, 0);
        entries.erase(event.of);
    }
    static std::optional<es::Refusal> check(const Opened& /*event*/) { return {}; }
    static std::optional<es::Refusal> check(const Booked& /*event*/) { return {}; }
    [[nodiscard]] std::optional<es::Refusal> check(const Corrected& event) const {
        return known(event.of);
    }
    [[nodiscard]] std::optional<es::Refusal> check(const Reversed& event) const {
        return known(event.of);
    }

private:
    void set(es::Version version, std::int64_t cents) {
        std::int64_t& entry = entries[version];
        balance += cents - entry;
        entry = cents;
    }
    [[nodiscard]] std::optional<es::Refusal> known(es::Version version) const {
        if (entries.contains(version)) return {};
        return es::Refusal{"no-such-entry", "of", "There is no such entry."};
    }
};
static_assert(es::AggregateState<Ledger> && es::ChecksEveryEvent<Ledger>);

struct LedgerView {
    struct Document {
        es::Version version = 0;
        Ledger ledger;
    };
    struct Row {
        es::Version version = 0;
        std::int64_t cents = 0;
        bool operator==(const Row&) const = default;
    };
    static void fold(std::optional<Document>& document, const es::RecordedEvent& event,
                     es::Rows<Row>& rows) {
        const auto happened = es::codec_of<Ledger>().decode(event);
        const auto* correction = std::get_if<Corrected>(&happened);
        const auto* reversal = std::get_if<Reversed>(&happened);
        if ((correction != nullptr || reversal != nullptr) && !rows.has_history()) {
            return rows.need_history();
        }
        if (!document) {
            document.emplace().ledger = es::create<Ledger>(happened, event.occurred_on);
        } else {
            es::apply(document->ledger, happened, {event.version, event.occurred_on});
        }
        document->version = event.version;
        if (const auto* booked = std::get_if<Booked>(&happened)) {
            rows.put({event.version, booked->cents});
        }
        if (correction != nullptr) rows.put({correction->of, correction->cents});
        if (reversal != nullptr) rows.remove(reversal->of);
    }
};

}  // namespace
}  // namespace ledger

namespace {

using ledger::Booked;
using ledger::Corrected;
using ledger::Ledger;
using ledger::LedgerView;
using ledger::Opened;
using ledger::Reversed;
using Row = LedgerView::Row;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Rows, WithoutHistoryKnowWhatWasPutAndRemoved) {
    es::Rows<Row> rows;
    rows.put({5, 50});
    rows.put({7, 70});
    rows.put({5, 51});
    rows.remove(2);
    rows.remove(7);
    rows.remove(3);
    rows.put({3, 30});
    EXPECT_THAT(rows.changes().put, ElementsAre(Row{3, 30}, Row{5, 51}));
    EXPECT_THAT(rows.changes().removed, ElementsAre(2, 7));
    rows.mark_stored();
    EXPECT_THAT(rows.changes().put, IsEmpty());
    EXPECT_THAT(rows.changes().removed, IsEmpty());
}

TEST(Rows, WithHistoryChangeWhatChangedSinceTheyWereStored) {
    auto rows = es::Rows<Row>::with_history();
    for (es::Version version = 2; version <= 6; ++version) rows.put({version, version});
    rows.mark_stored();
    rows.put({3, 33});
    rows.put({7, 7});
    rows.put({3, 34});
    rows.remove(4);
    rows.remove(5);
    rows.put({5, 55});
    EXPECT_THAT(rows.changes().put, ElementsAre(Row{3, 34}, Row{5, 55}, Row{7, 7}));
    EXPECT_THAT(rows.changes().removed, ElementsAre(4));
    EXPECT_THAT(rows.all(), ElementsAre(Row{2, 2}, Row{3, 34}, Row{5, 55}, Row{6, 6}, Row{7, 7}));
    EXPECT_EQ(rows.find(4), nullptr);
    EXPECT_EQ(rows.find(5)->cents, 55);
}

// Follows the rows of a history, to say what they come to without passing them.
struct SummedRow {
    struct Index {
        std::int64_t sum = 0;
        std::map<es::Version, std::int64_t> known;

        void put(const SummedRow& row) {
            sum += row.cents - std::exchange(known[row.version], row.cents);
        }
        void remove(es::Version of) {
            sum -= known.at(of);
            known.erase(of);
        }
    };
    es::Version version = 0;
    std::int64_t cents = 0;
};

TEST(Rows, WithHistoryAreFollowedByTheirIndex) {
    auto rows = es::Rows<SummedRow>::with_history();
    rows.put({2, 20});
    rows.put({4, 40});
    rows.put({2, 21});
    rows.put({3, 30});
    rows.mark_stored();
    rows.remove(4);
    rows.remove(4);
    rows.remove(9);
    EXPECT_EQ(rows.index().sum, 51);

    es::Rows<SummedRow> without;
    without.put({2, 20});
    without.remove(2);
    EXPECT_EQ(without.index().sum, 0);
}

TEST(KeptHistories, AreDroppedInTheOrderOfTheirUse) {
    es::KeptHistories<LedgerView> kept(10);
    const auto history = [](es::Version rows) {
        es::KeptHistories<LedgerView>::History one{{rows, {}}, es::Rows<Row>::with_history()};
        for (es::Version version = 1; version <= rows; ++version) one.rows.put({version, 1});
        return one;
    };
    kept.keep("a", history(4));
    kept.keep("b", history(3));
    kept.keep("a", history(5));
    kept.keep("c", history(4));
    EXPECT_FALSE(kept.take("b"));
    EXPECT_EQ(kept.take("a")->document.version, 5);
    EXPECT_FALSE(kept.take("a"));
    kept.keep("d", history(11));
    EXPECT_FALSE(kept.take("d")) << "it alone has too many rows";
    kept.keep("e", history(10));
    es::KeptHistories<LedgerView> others(10);
    others.keep("f", history(1));
    kept.keep(std::move(others));
    EXPECT_FALSE(kept.take("e"));
    EXPECT_TRUE(kept.take("f"));
}

TEST(KeptHistories, AreLimitedInTheirNumberToo) {
    es::KeptHistories<LedgerView> kept;
    for (std::size_t i = 0; i <= es::kept_histories_max; ++i) {
        kept.keep(std::to_string(i), {{}, es::Rows<Row>::with_history()});
    }
    EXPECT_FALSE(kept.take("0"));
    EXPECT_TRUE(kept.take("1"));
}

TEST(Ledger, KnowsWhichEntriesThereAre) {
    using es::testing::given;
    given<Ledger>(Opened{"Ada"}, Booked{50}).when(Corrected{2, 60}).then(Corrected{2, 60});
    given<Ledger>(Opened{"Ada"}, Booked{50}).when(Corrected{3, 1}).then_refused("no-such-entry");
    given<Ledger>(Opened{"Ada"}, Booked{50}, Reversed{2})
        .when(Reversed{2})
        .then_refused("no-such-entry");
}

// Stores of each document what a table would have: no entries.
class LedgerViews : public es::ViewStore<LedgerView> {
public:
    struct Stored {
        es::Version version = 0;
        std::int64_t balance = 0;
        std::map<es::Version, Row> rows;
    };

    std::map<es::StreamId, LedgerView::Document> load(
        const std::vector<es::StreamId>& ids) override {
        std::map<es::StreamId, LedgerView::Document> documents;
        for (const auto& id : ids) {
            const auto found = stored.find(id);
            if (found == stored.end()) continue;
            documents[id] = {found->second.version, {found->second.balance, {}}};
        }
        if (after_load) std::exchange(after_load, {})();
        return documents;
    }
    std::vector<es::StreamId> save(const es::ViewSave<LedgerView>& save) override {
        std::vector<es::StreamId> stale;
        for (const auto& change : save.changes) {
            Stored& view = stored[change.id];
            if (view.version != change.loaded && !change.replaces) {
                stale.push_back(change.id);
                continue;
            }
            if (change.replaces) view = {};
            view.version = change.document.version;
            view.balance = change.document.ledger.balance;
            for (const Row& row : change.rows) view.rows[row.version] = row;
            for (const es::Version version : change.removed_rows) view.rows.erase(version);
            rows_saved += change.rows.size() + change.removed_rows.size();
            rows_were_new = change.rows_are_new;
        }
        for (const auto& entry : save.parked) parked_entries[entry.stream] = entry;
        for (const auto& entry : save.unparked) parked_entries.erase(entry.stream);
        return stale;
    }
    es::Checkpoints checkpoints() override { return {}; }
    std::vector<es::Parked> parked() override {
        std::vector<es::Parked> all;
        for (const auto& [id, entry] : parked_entries) all.push_back(entry);
        return all;
    }

    std::map<es::StreamId, Stored> stored;
    std::map<es::StreamId, es::Parked> parked_entries;
    std::function<void()> after_load;
    std::size_t rows_saved = 0;
    bool rows_were_new = false;
};

// Counts the events that are read.
class CountingStore : public es::MemoryEventStore {
public:
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        es::MemoryEventStore::read(std::move(batch), [&, on_stream](std::size_t i, auto result) {
            events_read += result.events.size();
            on_stream(i, std::move(result));
        });
    }
    std::size_t events_read = 0;
};

class ChangingRows : public ::testing::Test {
protected:
    ChangingRows() { record("a", Opened{"Ada"}); }

    void record(const es::StreamId& stream, const Ledger::Event& event) {
        auto encoded = es::codec_of<Ledger>().encode(event);
        es::RecordedEvent recorded;
        recorded.stream = stream;
        recorded.version = ++versions_[stream];
        recorded.type = encoded.type;
        recorded.schema = encoded.schema;
        recorded.payload = encoded.payload;
        ASSERT_EQ(es::append_one(events, {stream, recorded.version - 1, {recorded}}).status,
                  es::AppendStatus::stored);
        news.push_back(recorded);
    }
    void book(int entries) {
        for (int i = 1; i <= entries; ++i) record("a", Booked{i});
    }
    // What was recorded since the last call.
    void apply() { projection.apply(std::exchange(news, {}), {}); }

    // The view is the fold of all its events.
    void expect_right(const es::StreamId& id) {
        const auto ledger = es::load<Ledger>(events, id);
        const auto& view = views.stored.at(id);
        EXPECT_EQ(view.version, ledger->version());
        EXPECT_EQ(view.balance, ledger->state().balance);
        std::map<es::Version, std::int64_t> entries;
        for (const auto& [version, row] : view.rows) entries[version] = row.cents;
        EXPECT_EQ(entries, ledger->state().entries);
    }

    CountingStore events;
    LedgerViews views;
    es::Projection<LedgerView> projection{events, views, {}};
    std::vector<es::RecordedEvent> news;

private:
    std::map<es::StreamId, es::Version> versions_;
};

TEST_F(ChangingRows, ACorrectionSavesTheRowThatItChangesAlone) {
    book(1'000);
    apply();
    views.rows_saved = 0;
    record("a", Corrected{5, 77});
    record("a", Reversed{6});
    apply();
    expect_right("a");
    EXPECT_EQ(views.rows_saved, 2U);
}

// A fold may know without history what an earlier row becomes; the save says that it isn't new.
TEST_F(ChangingRows, ARowChangedWithoutHistoryIsNotSavedAsNew) {
    book(3);
    apply();
    EXPECT_TRUE(views.rows_were_new);
    record("a", Booked{9});
    es::Projection<LedgerView> replacing(events, views, {},
                                         [](auto& document, const auto& event, auto& rows) {
                                             LedgerView::fold(document, event, rows);
                                             rows = {};
                                             rows.put({2, 22});
                                         });
    replacing.apply(std::exchange(news, {}), {});
    EXPECT_FALSE(views.rows_were_new);
    EXPECT_EQ(views.stored.at("a").rows.at(2).cents, 22);
}

TEST_F(ChangingRows, WhatIsBookedAndCorrectedInOneBatchIsSavedOnce) {
    book(3);
    record("a", Corrected{2, 77});
    record("a", Reversed{3});
    apply();
    expect_right("a");
    EXPECT_EQ(views.rows_saved, 3U);  // two entries, and that the third is not there
}

TEST_F(ChangingRows, HistoryIsReadOnceForCorrectionAfterCorrection) {
    book(1'000);
    apply();
    record("a", Corrected{5, 77});
    apply();
    events.events_read = 0;
    for (int i = 0; i < 20; ++i) {
        record("a", Corrected{6 + i, i});
        record("a", Booked{i});
        apply();
    }
    EXPECT_EQ(events.events_read, 0U);
    expect_right("a");
}

TEST_F(ChangingRows, HistoryIsReadOnceAlsoIfOtherStreamsComeInBetween) {
    record("b", Opened{"Bob"});
    book(1'000);
    record("a", Corrected{5, 77});
    apply();
    for (int i = 0; i < 20; ++i) {
        record("b", Booked{i});
        apply();
        if (i == 0) events.events_read = 0;
        if (i % 2 == 0) continue;
        record("a", Booked{i});
        apply();
        record("a", Corrected{6 + i, i});
        apply();
    }
    EXPECT_EQ(events.events_read, 0U);
    expect_right("a");
    expect_right("b");
}

TEST_F(ChangingRows, AHistoryThatAnotherProjectionHasOvertakenIsNotUsed) {
    book(10);
    apply();
    record("a", Corrected{5, 77});
    apply();
    record("a", Reversed{5});
    es::Projection<LedgerView> other(events, views, {});
    other.apply(std::exchange(news, {}), {});
    record("a", Corrected{6, 66});
    apply();
    expect_right("a");
}

// As after a restore of the database that holds the views.
TEST_F(ChangingRows, AHistoryAheadOfTheViewsIsNotUsed) {
    book(10);
    apply();
    const auto earlier = views.stored;
    record("a", Corrected{5, 77});
    apply();
    views.stored = earlier;
    record("a", Corrected{6, 66});
    apply();
    expect_right("a");
}

TEST_F(ChangingRows, FoldsAgainWhenTheDocumentChangedMeanwhile) {
    book(10);
    apply();
    record("a", Corrected{5, 77});
    const auto correction = news;
    views.after_load = [&] {
        es::Projection<LedgerView> other(events, views, {});
        other.apply(correction, {});
    };
    record("a", Corrected{6, 66});
    apply();
    expect_right("a");
}

TEST_F(ChangingRows, ARebuildHasThemAll) {
    book(10);
    record("a", Corrected{5, 77});
    record("a", Reversed{6});
    projection.rebuild("a");
    expect_right("a");
    record("a", Corrected{7, 78});
    apply();
    expect_right("a");
}

// The view stays what it is up to the event before the correction.
TEST_F(ChangingRows, ACorrectionWhoseHistoryCannotBeReadIsParked) {
    book(10);
    apply();
    record("a", Booked{5});
    record("a", Corrected{5, 77});
    record("a", Booked{6});
    bool readable = false;
    es::Projection<LedgerView> careful(
        events, views, {}, [&](auto& document, const auto& event, auto& rows) {
            if (!readable && event.version == 4 && rows.has_history()) {
                throw es::Corrupt("it is damaged");
            }
            LedgerView::fold(document, event, rows);
        });
    careful.apply(std::exchange(news, {}), {});
    EXPECT_EQ(views.stored.at("a").version, 12);
    EXPECT_EQ(views.parked_entries["a"],
              (es::Parked{"a", 13, "event 4 of its history can't be applied: it is damaged"}));
    readable = true;
    careful.heal();
    EXPECT_THAT(views.parked_entries, IsEmpty());
    expect_right("a");
}

TEST_F(ChangingRows, AFoldThatNeverHasEnoughIsParked) {
    book(1);
    es::Projection<LedgerView> greedy(events, views, {},
                                      [](auto& document, const auto& event, auto& rows) {
                                          if (event.version == 2) return rows.need_history();
                                          LedgerView::fold(document, event, rows);
                                      });
    greedy.apply(std::exchange(news, {}), {});
    EXPECT_EQ(views.stored.at("a").version, 1);
    EXPECT_EQ(views.parked_entries["a"].version, 2);
}

// However batches are cut, repeated and left out, the view is the fold.
TEST_F(ChangingRows, AnyDeliveryGivesTheSameViews) {
    std::mt19937 random(7);
    std::vector<es::RecordedEvent> all;
    for (int s = 0; s < 4; ++s) {
        const es::StreamId id = "s" + std::to_string(s);
        record(id, Opened{"x"});
        std::set<es::Version> entries;
        for (es::Version version = 2; version <= 80; ++version) {
            const auto some = static_cast<es::Version>(random() % 100);
            const auto entry = entries.lower_bound(some);
            if (entry == entries.end() || random() % 2 == 0) {
                record(id, Booked{some});
                entries.insert(version);
            } else if (random() % 2 == 0) {
                record(id, Corrected{*entry, some});
            } else {
                record(id, Reversed{*entry});
                entries.erase(entry);
            }
        }
    }
    all = std::exchange(news, {});
    for (int round = 0; round < 300; ++round) {
        std::vector<es::RecordedEvent> batch;
        for (int i = 0; i < 8; ++i) batch.push_back(all[random() % all.size()]);
        projection.apply(batch, {});
        if (round % 50 == 0) projection.rebuild("s1");
    }
    projection.apply(all, {});
    for (int s = 0; s < 4; ++s) expect_right("s" + std::to_string(s));
}

}  // namespace
