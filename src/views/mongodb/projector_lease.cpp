#include "views/mongodb/projector_lease.hpp"

#include <utility>

#include "base/uuid.hpp"
#include "es/errors.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/process_name.hpp"

namespace views::mongodb {
namespace {

constexpr const char* lease_id = "projector";
// The beat of a lease that was released.
constexpr std::int64_t released = -1;
constexpr int beats_in_a_lease = 4;

Bson lease_filter() {
    return Bson().text("_id", lease_id);
}

Bson set(const Bson& members) {
    return Bson().document("$set", members);
}

std::vector<Bson> checkpoint_array(const es::Checkpoints& checkpoints) {
    std::vector<Bson> array;
    for (const auto& [partition, position] : checkpoints) {
        array.push_back(Bson().text("partition", partition).text("position", position));
    }
    return array;
}

es::Checkpoints checkpoints_in(const BsonView& document) {
    es::Checkpoints checkpoints;
    for (const Bson& entry : document.documents("checkpoints").value_or(std::vector<Bson>())) {
        const BsonView view(entry.get());
        checkpoints[view.text("partition").value_or("")] = view.text("position").value_or("");
    }
    return checkpoints;
}

}  // namespace

ProjectorLease::ProjectorLease(Database& database, std::chrono::milliseconds time)
    : database_(database), time_(time), me_(own_process_name()), heart_([this] { beat(); }) {}

ProjectorLease::~ProjectorLease() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stopped_.notify_all();
    heart_.join();
    if (!held_) return;
    try {
        database_.update_one(state_collection, own(), set(Bson().integer("beat", released)));
    } catch (const es::Unavailable&) {
        // Then it ends when its time has passed.
    }
}

bool ProjectorLease::held() {
    const std::lock_guard lock(mutex_);
    return held_;
}

es::Checkpoints ProjectorLease::checkpoints() {
    const std::lock_guard lock(mutex_);
    return checkpoints_;
}

bool ProjectorLease::try_to_take() {
    const auto found = database_.find_one(state_collection, lease_filter());
    if (!found) return create();
    const BsonView view(found->get());
    return is_free(view) && take_over(view);
}

// Finds the document while this process holds the lease. With the mutex held.
Bson ProjectorLease::own() const {
    return lease_filter().integer("epoch", epoch_).text("term", term_);
}

void ProjectorLease::begin_term(std::int64_t epoch, const std::string& term) {
    const std::lock_guard lock(mutex_);
    held_ = true;
    epoch_ = epoch;
    term_ = term;
    checkpoints_ = {};
    seen_.reset();
}

bool ProjectorLease::create() {
    const std::string term = base::random_uuid();
    const bool created = database_.insert_one(state_collection, Bson()
                                                                    .text("_id", lease_id)
                                                                    .integer("epoch", 1)
                                                                    .text("term", term)
                                                                    .text("holder", me_)
                                                                    .integer("beat", 0)
                                                                    .array("checkpoints", {}));
    if (!created) return false;  // another process was first
    begin_term(1, term);
    return true;
}

bool ProjectorLease::is_free(const BsonView& found) {
    const auto beat = found.integer("beat").value_or(released);
    if (beat == released || has_ended(found.text("holder").value_or(""))) return true;
    const std::pair now_seen(found.integer("epoch").value_or(0), beat);
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (seen_ != now_seen) {
        seen_ = now_seen;
        seen_since_ = now;
    }
    return now - seen_since_ >= time_;
}

bool ProjectorLease::take_over(const BsonView& found) {
    const auto epoch = found.integer("epoch").value_or(0);
    const auto beat = found.integer("beat").value_or(released);
    const std::string term = base::random_uuid();
    const bool taken = database_.update_one(
        state_collection, lease_filter().integer("epoch", epoch).integer("beat", beat),
        set(Bson()
                .integer("epoch", epoch + 1)
                .text("term", term)
                .text("holder", me_)
                .integer("beat", 0)));
    if (!taken) return false;
    begin_term(epoch + 1, term);
    // The previous holder may have moved the checkpoints until now, and no longer can.
    return look().has_value();
}

std::optional<es::Checkpoints> ProjectorLease::look() {
    const auto found = database_.find_one(state_collection, lease_filter());
    const std::lock_guard lock(mutex_);
    if (!held_) return std::nullopt;
    const auto is_own = [this](const BsonView& lease) {
        return lease.integer("epoch") == epoch_ && lease.text("term") == term_;
    };
    if (!found || !is_own(BsonView(found->get()))) {
        held_ = false;
        return std::nullopt;
    }
    checkpoints_ = checkpoints_in(BsonView(found->get()));
    return checkpoints_;
}

bool ProjectorLease::save(const es::Checkpoints& checkpoints) {
    es::Checkpoints all;
    Bson filter;
    {
        const std::lock_guard lock(mutex_);
        if (!held_) return false;
        all = checkpoints_;
        filter = own();
    }
    for (const auto& [partition, position] : checkpoints) all[partition] = position;
    const bool saved = database_.update_one(
        state_collection, filter, set(Bson().array("checkpoints", checkpoint_array(all))));
    const std::lock_guard lock(mutex_);
    if (saved) {
        checkpoints_ = std::move(all);
    } else {
        held_ = false;
    }
    return saved;
}

void ProjectorLease::beat() {
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, time_ / beats_in_a_lease, [this] { return stopping_; })) {
        if (!held_) continue;
        const std::string term = term_;
        const Bson filter = own();
        lock.unlock();
        bool still_ours = true;
        try {
            still_ours = database_.update_one(state_collection, filter,
                                              Bson().document("$inc", Bson().integer("beat", 1)));
        } catch (const es::Unavailable&) {
            // No other process can take it while the database is away.
        }
        lock.lock();
        if (!still_ours && term == term_) held_ = false;
    }
}

es::Checkpoints stored_checkpoints(Database& database) {
    const auto found = database.find_one(state_collection, lease_filter());
    return found ? checkpoints_in(BsonView(found->get())) : es::Checkpoints();
}

void forget_idle_projector(Database& database) {
    database.update_one(state_collection, lease_filter().integer("beat", released),
                        Bson().document("$unset", Bson().text("checkpoints", "")));
}

}  // namespace views::mongodb
