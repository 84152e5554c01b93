#include "stores/sqlite/views_owner.hpp"

#include <charconv>

#include "es/errors.hpp"
#include "stores/sqlite/view_folder.hpp"

namespace stores::sqlite {
namespace {

// Smaller files are looked through at start; larger ones would delay it too long.
constexpr std::uintmax_t checked_bytes_max = 256'000'000;

std::filesystem::path made(const std::filesystem::path& folder) {
    make_data_folder(folder);
    return folder;
}

bool sound(Connection& connection, const std::filesystem::path& file) {
    if (std::filesystem::file_size(file) > checked_bytes_max) return true;
    Statement check = connection.prepare("PRAGMA quick_check(1)");
    Rows rows = check.ask();
    return rows.next() && rows.text(0) == "ok";
}

}  // namespace

ViewsOwner::ViewsOwner(const std::filesystem::path& folder, SqliteMetricViewsOptions options)
    : folder_(folder),
      options_(std::move(options)),
      lock_(made(folder), "views.lock", options_.role, "writes its views") {
    if (!options_.on_fatal) options_.on_fatal = end_process;
    try {
        if (const std::string why = open_current(); !why.empty()) begin_afresh(why);
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

// Empty when they can be used.
std::string ViewsOwner::open_current() {
    const auto file = current_views(folder_);
    if (!file || !std::filesystem::exists(*file)) return "there are none yet";
    if (marked_damaged(*file)) return "the old ones are damaged";
    file_ = *file;
    try {
        Connection connection = open_views_for_writing(file_);
        if (std::string fault = fault_of(connection); !fault.empty()) return fault;
        writer_ = std::make_unique<ViewWriter>(std::move(connection));
        return {};
    } catch (const Error& error) {
        if (!error.damaged()) throw;
        return std::string("the old ones are damaged: ") + error.what();
    }
}

std::string ViewsOwner::fault_of(Connection& connection) {
    if (state_of_views(connection, file_) != ViewFileState::ready) {
        return "the old ones are of another format";
    }
    if (!sound(connection, file_)) return "the old ones are damaged";
    const ViewSource source = source_of_views(connection);
    if (source.position == 0) return {};
    if (source.identity != options_.identity) return "the old ones were made from other events";
    if (!options_.command_at) return {};
    const auto command = options_.command_at(source.position);
    if (!command) return "the old ones are ahead of the events";
    if (*command != source.command) return "the events have changed since the old ones were made";
    return {};
}

void ViewsOwner::begin_afresh(const std::string& why) {
    log("New views are begun from the first event: " + why + ".");
    writer_.reset();
    file_ = next_views(folder_);
    writer_ = std::make_unique<ViewWriter>(open_views_for_writing(file_));
    set_current_views(folder_, file_);
    remove_other_views(folder_, file_);
}

std::vector<es::StreamId> ViewsOwner::save(const es::ViewSave<kpi::MetricView>& save) {
    const auto source = source_at(save.checkpoints);
    const std::lock_guard lock(mutex_);
    if (dead_) throw es::Unavailable("the disk failed");
    try {
        if (!writer_) open_again();
        auto stale = writer_->save(save, source);
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
    const auto found = checkpoints.find("events");
    if (found == checkpoints.end()) return std::nullopt;
    ViewSource source{options_.identity, 0, {}};
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), source.position);
    if (source.position > 0 && options_.command_at) {
        source.command = options_.command_at(source.position).value_or(std::string());
    }
    return source;
}

void ViewsOwner::open_again() {
    // Only a file that is there: an empty one in its place would look like views without metrics.
    if (!std::filesystem::exists(file_)) {
        throw es::Unusable(file_.string() + " is gone; a new start begins new views.");
    }
    writer_ = std::make_unique<ViewWriter>(open_views_for_writing(file_));
}

void ViewsOwner::failed(const Error& error) {
    log(std::string("The views can't be written: ") + error.what());
    note(error);
    if (!error.sync_failed()) return;
    mark_damaged(file_);
    dead_ = true;
    options_.on_fatal(std::string("The disk failed to keep the views, so this process ends: ") +
                      error.what());
}

void ViewsOwner::note(const Error& error) {
    if (!error.damaged()) return;
    mark_damaged(file_);
    log("The views are damaged; the next start begins new ones.");
}

}  // namespace stores::sqlite
