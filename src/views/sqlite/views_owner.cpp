#include "views/sqlite/views_owner.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"
#include "es/sqlite/checkpoint.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/view_soundness.hpp"

namespace views::sqlite {
namespace {

// Smaller files are looked through at start; larger ones would delay it too long.
constexpr std::uintmax_t checked_bytes_max = 256'000'000;

// With fewer events than this to apply, building them in one go gains nothing.
constexpr std::int64_t worthwhile_events_min = 20'000;

constexpr const char* old_are_damaged = "the old ones are damaged";

std::filesystem::path made(const std::filesystem::path& folder) {
    es::sqlite::make_data_folder(folder);
    return folder;
}

bool sound(Connection& connection, const std::filesystem::path& file) {
    return std::filesystem::file_size(file) > checked_bytes_max || are_sound(connection);
}

// Through links: what a dangling one names is gone.
bool is_reachable(const std::filesystem::path& file) {
    std::error_code unreachable;
    return std::filesystem::exists(file, unreachable);
}

void discard(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
}

}  // namespace

ViewsOwner::ViewsOwner(const std::filesystem::path& folder, SqliteMetricViewsOptions options)
    : folder_(folder),
      options_(std::move(options)),
      lock_(made(folder), views_lock, options_.role, "writes its views"),
      events_(es::sqlite::event_file_in(folder)),
      retired_at_(std::chrono::steady_clock::now()) {
    if (!options_.on_fatal) options_.on_fatal = es::sqlite::end_process;
    try {
        open_at_start();
    } catch (const Error& error) {
        throw es::Unusable("The views in " + folder.string() + " can't be opened: " + error.what() +
                           ".");
    } catch (const es::Unavailable& error) {
        throw es::Unusable("The views in " + folder.string() +
                           " can't be compared with the events: " + error.what() + ".");
    }
}

ViewsOwner::~ViewsOwner() {
    try {
        if (writer_) writer_->close();
    } catch (const Error& error) {
        log(std::string("The views' log was left as it is: ") + error.what());
    }
}

void ViewsOwner::open_at_start() {
    mark_ = events_.identify();
    if (mark_) {
        es::sqlite::refuse_lost_events(folder_, event_witnesses());
        identity_ =
            events_.use([](es::sqlite::EventQueries& queries) { return queries.identity(); });
    }
    const auto current = named_views(folder_, current_pointer);
    const std::string fault =
        current && is_reachable(*current) ? open(*current) : std::string("there are none yet");
    // Whoever wrote them before may have ended before others had caught up.
    const auto next = named_views(folder_, next_pointer);
    if (next && is_reachable(*next)) {
        const std::int64_t reached = writer_ ? writer_->source().position : head();
        if (open(*next).empty()) {
            write_next(*next, std::move(writer_), reached);
            publish_if_caught_up(writer_->source().position);
            return;
        }
        if (current && fault.empty()) open(*current);
    }
    discard(folder_ / next_pointer);
    why_unusable_ = fault;
    if (!why_unusable_.empty()) begin_afresh();
    replaced_ = false;  // nobody has seen others
}

std::string ViewsOwner::open(const std::filesystem::path& file) {
    writer_.reset();
    if (marked_damaged(file)) return old_are_damaged;
    try {
        Connection connection = open_views_for_writing(file);
        if (std::string fault = fault_of(connection, file); !fault.empty()) return fault;
        writer_ = std::make_unique<ViewWriter>(std::move(connection));
        file_ = file;
        return {};
    } catch (const Error& error) {
        if (!error.damaged()) throw;
        return std::string(old_are_damaged) + ": " + error.what();
    }
}

std::string ViewsOwner::fault_of(Connection& connection, const std::filesystem::path& file) {
    if (state_of_views(connection, file) != ViewFileState::ready) {
        return "the old ones are of another format";
    }
    if (!sound(connection, file)) return old_are_damaged;
    const ViewSource source = source_of_views(connection);
    if (source.position == 0 || !mark_) return {};
    if (source.identity != identity_) return "the old ones were made from other events";
    const auto command = events_.use(
        [&](es::sqlite::EventQueries& queries) { return queries.command_at(source.position); });
    if (!command) return "the old ones are ahead of the events";
    if (*command != source.command) return "the events have changed since the old ones were made";
    return {};
}

std::int64_t ViewsOwner::head() {
    if (!events_.exists()) return 0;
    return events_.use([](es::sqlite::EventQueries& queries) { return queries.last_position(); });
}

// Readers are told that there are no views rather than shown wrong ones, until these have caught
// up. When it fails in the middle it is still to be done: why_unusable_ says why.
void ViewsOwner::begin_afresh() {
    const std::int64_t behind = head();
    if (behind > 0) log("New views are begun from the first event: " + why_unusable_ + ".");
    writer_.reset();
    discard(folder_ / current_pointer);
    const auto file = unused_views(folder_);
    write_next(file, std::make_unique<ViewWriter>(open_views_for_writing(file)), behind);
    why_unusable_.clear();
    replaced_ = true;
    publish_if_caught_up(0);
}

void ViewsOwner::point_at(const char* pointer, const std::filesystem::path& file) const {
    replace_text(folder_ / pointer, file.filename().string() + "\n");
}

// What is written from now on, until it has caught up. Changes all or nothing.
void ViewsOwner::write_next(const std::filesystem::path& file, std::unique_ptr<ViewWriter> writer,
                            std::int64_t publish_at) {
    auto readers = std::make_shared<es::sqlite::Pool<ViewQueries>>(
        [file] { return std::make_unique<ViewQueries>(file); });
    point_at(next_pointer, file);
    file_ = file;
    writer_ = std::move(writer);
    next_ = Next{std::move(readers), publish_at};
}

void ViewsOwner::publish_if_caught_up(std::int64_t position) {
    if (!next_ || position < next_->publish_at) return;
    const auto retiring = named_views(folder_, current_pointer);
    point_at(current_pointer, file_);
    discard(folder_ / next_pointer);
    next_.reset();
    // Those before stayed for readers that were just opening them, which is long over.
    remove_views_before(folder_, retiring.value_or(file_));
    retired_at_ = std::chrono::steady_clock::now();
    if (position > 0) log("New views are in force, at position " + std::to_string(position) + ".");
}

std::shared_ptr<es::sqlite::Pool<ViewQueries>> ViewsOwner::next_readers() {
    const std::lock_guard lock(mutex_);
    return next_ ? next_->readers : nullptr;
}

std::vector<es::StreamId> ViewsOwner::save(const es::ViewSave<kpi::MetricView>& save) {
    const auto source = source_at(save.checkpoints);
    const std::lock_guard lock(mutex_);
    if (dead_) throw es::Unavailable("the disk failed");
    if (!why_unusable_.empty()) throw es::Unavailable("new views must be begun: " + why_unusable_);
    if (mark_ && events_.identify() != mark_) throw es::Unavailable("events.db was replaced");
    try {
        if (!writer_) open_again();
        auto stale = writer_->save(save, source);
        if (source && stale.empty()) publish_if_caught_up(source->position);
        writer_->tend_log();
        return stale;
    } catch (const Error& error) {
        writer_.reset();
        failed(error);
        throw es::Unavailable(error.what());
    } catch (const es::Unusable& error) {
        throw es::Unavailable(error.what());
    }
}

// The event that a checkpoint of the feed "events" stands for.
std::optional<ViewSource> ViewsOwner::source_at(const es::Checkpoints& checkpoints) {
    if (!checkpoints.contains(es::sqlite::event_partition)) return std::nullopt;
    ViewSource source{identity_, es::sqlite::position_in(checkpoints), {}};
    if (source.position > 0 && mark_) {
        source.command = events_
                             .use([&](es::sqlite::EventQueries& queries) {
                                 return queries.command_at(source.position);
                             })
                             .value_or(std::string());
    }
    return source;
}

void ViewsOwner::open_again() {
    // Only a file that is there: an empty one in its place would look like views without metrics.
    if (!is_reachable(file_)) throw es::Unusable(file_.string() + " is gone.");
    writer_ = std::make_unique<ViewWriter>(open_views_for_writing(file_));
}

es::Upkeep ViewsOwner::upkeep(const std::function<bool()>& stop) {
    es::Upkeep result;
    try {
        {
            const std::lock_guard lock(mutex_);
            if (dead_) throw es::Unavailable("the disk failed");
            look_for_fault();
            if (!why_unusable_.empty()) begin_afresh();
            remove_retired();
        }
        build_if_worthwhile(stop);
        const std::lock_guard lock(mutex_);
        adopt_rebuilt();
        if (next_ && writer_) publish_if_caught_up(writer_->source().position);
        // Not before all went well: the projector must learn of it.
        if (std::exchange(replaced_, false)) result.next = es::Upkeep::Next::reload;
        if (writer_) result.rebuild = writer_->lacking_fields();
        if (!result.rebuild.empty() && !std::exchange(completing_, true)) {
            log("Fields are new since the views were written; they are filled in metric by "
                "metric.");
        }
    } catch (const Error& error) {
        throw es::Unavailable(error.what());
    } catch (const es::Unusable& error) {
        throw es::Unavailable(error.what());
    }
    if (auto id = text_of(folder_ / rebuild_request)) result.rebuild.push_back(*std::move(id));
    return result;
}

// What went wrong with the views, or with the events under them, since the last time.
void ViewsOwner::look_for_fault() {
    const auto mark = events_.identify();
    if (mark && mark != mark_) {
        // The views that prove it stay as they are.
        if (mark_) es::sqlite::refuse_lost_events(folder_, event_witnesses());
        identity_ =
            events_.use([](es::sqlite::EventQueries& queries) { return queries.identity(); });
        // Whatever was applied since then, it may have been folded onto other events' views.
        if (mark_)
            why_unusable_ = "another events.db took the place of the one that they were made from";
        mark_ = mark;
    }
    if (!why_unusable_.empty()) return;
    if (!is_reachable(file_)) {
        why_unusable_ = "the old ones were deleted";
    } else if (!next_ && named_views(folder_, current_pointer) != file_) {
        point_at(current_pointer, file_);  // somebody has deleted or spoilt it
    }
}

// Views that begin with the first event are built faster in one go than by the feed's small
// batches.
void ViewsOwner::build_if_worthwhile(const std::function<bool()>& stop) {
    {
        const std::lock_guard lock(mutex_);
        if (!next_ || next_->build_failed || !writer_ || writer_->source().position > 0) return;
    }
    if (is_reachable(folder_ / rebuilt_views) || head() < worthwhile_events_min) return;
    try {
        const es::sqlite::FileLock one_at_a_time(folder_, rebuild_lock, options_.role,
                                                 "rebuilds its views");
        rebuild_views(folder_, {.stop = stop});
    } catch (const es::InUse&) {
        // Somebody else is at it; until that is done the feed's batches do.
    } catch (const std::exception& error) {
        // E.g. no room for another copy. The feed's batches need none, only time.
        log(std::string("New views can't be built in one go: ") + error.what());
        const std::lock_guard lock(mutex_);
        if (next_) next_->build_failed = true;
    }
}

void ViewsOwner::adopt_rebuilt() {
    const auto rebuilt = folder_ / rebuilt_views;
    if (!is_reachable(rebuilt)) return;
    if (const std::string fault = fault_of_rebuilt(rebuilt); !fault.empty()) {
        log("What a rebuild left can't be used: " + fault + ".");
        discard(rebuilt);
        return;
    }
    // Not before it has all that readers were shown already.
    std::int64_t publish_at = next_ ? next_->publish_at : 0;
    if (!next_) {
        if (!writer_) open_again();
        publish_at = writer_->source().position;
        writer_->close();
    }
    // The pointer first: when this process ends in between, it names nothing, or what the next
    // owner continues with.
    const auto file = unused_views(folder_);
    point_at(next_pointer, file);
    rename_durably(rebuilt, file);
    write_next(file, std::make_unique<ViewWriter>(open_views_for_writing(file)), publish_at);
    why_unusable_.clear();  // whatever was met in the file before
    replaced_ = true;
}

std::string ViewsOwner::fault_of_rebuilt(const std::filesystem::path& file) {
    try {
        Connection connection(file, Access::read);
        return fault_of(connection, file);
    } catch (const Error& error) {
        return error.what();
    }
}

// Only some time after they were put out of force: a reader may just be opening them.
void ViewsOwner::remove_retired() {
    if (!retired_at_ || next_) return;
    if (std::chrono::steady_clock::now() < *retired_at_ + options_.retired_kept) return;
    remove_views_before(folder_, file_);
    retired_at_.reset();
    if (es::sqlite::lock_holder(folder_, rebuild_lock)) return;
    try {
        const es::sqlite::FileLock nobody_builds(folder_, rebuild_lock, options_.role,
                                                 "rebuilds its views");
        discard(folder_ / views_under_construction);
        discard(folder_ / views_for_comparison);
    } catch (const es::InUse&) {
        // Somebody began just now, and removes what is left.
    }
}

void ViewsOwner::rebuilt(const es::StreamId& id) {
    const auto request = folder_ / rebuild_request;
    if (text_of(request) != id) return;
    discard(request);
    log("The view of " + base::excerpt(id) + " was rebuilt.");
}

void ViewsOwner::failed(const Error& error) {
    log(std::string("The views can't be written: ") + error.what());
    if (error.damaged()) {
        mark_damaged(file_);
        why_unusable_ = old_are_damaged;
    }
    if (!error.sync_failed()) return;
    mark_damaged(file_);
    dead_ = true;
    options_.on_fatal(std::string("The disk failed to keep the views, so this process ends: ") +
                      error.what());
}

// Of the views in force.
void ViewsOwner::note(const Error& error) {
    if (!error.damaged()) return;
    const std::lock_guard lock(mutex_);
    if (next_) return;  // others will soon be in force
    mark_damaged(file_);
    if (!why_unusable_.empty()) return;
    log("The views are damaged; new ones are begun.");
    why_unusable_ = old_are_damaged;
}

}  // namespace views::sqlite
