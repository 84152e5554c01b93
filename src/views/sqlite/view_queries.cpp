#include "views/sqlite/view_queries.hpp"

#include <algorithm>
#include <limits>

#include "es/errors.hpp"
#include "views/sqlite/list_sql.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

constexpr std::size_t list_statements_max = 64;

// To read a metric by its number takes about as long as so many steps through an index.
constexpr std::size_t steps_for_a_metric = 30;

// Of one metric.
std::string select_values(Connection& connection) {
    return std::string("SELECT ") + reported_columns + " FROM " + values_in(connection) +
           " WHERE metric = ?";
}
constexpr const char* within_page =
    " AND (date, version) > (?, ?) AND (date, version) < (?, ?) AND (NOT retracted OR ?)";

Connection open_ready(const std::filesystem::path& file) {
    Connection connection(file, Access::read);
    add_list_functions(connection);
    if (state_of_views(connection, file) != ViewFileState::ready) {
        throw es::Unavailable(file.string() + " is not ready.");
    }
    return connection;
}

}  // namespace

ViewQueries::ViewQueries(const std::filesystem::path& file, std::uint64_t generation,
                         std::shared_ptr<LiveIndex> index)
    : generation_(generation),
      connection_(open_ready(file)),
      documents_(documents_in(connection_)),
      has_saves_(has_table(connection_, "metric_saves")),
      document_(connection_.prepare("SELECT " + document_columns() + " FROM " + documents_ +
                                    " WHERE id = ?")),
      stamp_(connection_.prepare("SELECT number, version FROM metrics WHERE id = ?")),
      latest_values_(connection_.prepare(select_values(connection_) +
                                         " AND NOT retracted ORDER BY version DESC LIMIT ?")),
      number_(connection_.prepare("SELECT number FROM metrics WHERE id = ?")),
      values_up_(connection_.prepare(select_values(connection_) + within_page +
                                     " ORDER BY date, version LIMIT ?")),
      values_down_(connection_.prepare(select_values(connection_) + within_page +
                                       " ORDER BY date DESC, version DESC LIMIT ?")),
      checkpoints_(connection_.prepare("SELECT partition, checkpoint FROM checkpoints")),
      parked_(connection_.prepare("SELECT stream, version, reason FROM parked ORDER BY stream")),
      parked_entry_(connection_.prepare("SELECT version, reason FROM parked WHERE stream = ?")),
      // The index of dates has all of this.
      all_values_(connection_.prepare("SELECT date, value, version FROM " + values_in(connection_) +
                                      " WHERE metric = ? AND NOT retracted "
                                      "ORDER BY date, version")),
      changes_(connection_.prepare("SELECT version, change FROM " + changes_in(connection_) +
                                   " WHERE metric = ? AND version < ? "
                                   "ORDER BY version DESC LIMIT ?")),
      recent_(connection_.prepare(select_values(connection_) +
                                  " AND NOT retracted ORDER BY date DESC, version DESC LIMIT ?")),
      id_(connection_.prepare("SELECT id FROM metrics WHERE number = ?")),
      document_numbered_(connection_.prepare("SELECT " + document_columns() + " FROM " +
                                             documents_ + " WHERE number = ?")) {
    if (index && !outdated()) index_.emplace(connection_, std::move(index), documents_);
}

std::map<es::StreamId, kpi::MetricDocument> ViewQueries::load(
    const std::vector<es::StreamId>& ids) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    std::map<es::StreamId, kpi::MetricDocument> documents;
    for (const auto& id : ids) {
        Rows row = document_.ask(id);
        if (row.next()) documents.emplace(id, document_in(row));
    }
    return documents;
}

std::optional<kpi::ViewStamp> ViewQueries::stamp(const kpi::MetricId& id) {
    Rows row = stamp_.ask(id);
    if (!row.next()) return std::nullopt;
    return kpi::ViewStamp{generation_, row.integer(0), row.integer(1)};
}

std::optional<kpi::WholeMetric> ViewQueries::find(const kpi::MetricId& id) {
    Rows row = document_.ask(id);  // while it is open, the values are of the same snapshot
    if (!row.next()) return std::nullopt;
    kpi::WholeMetric metric{id, document_in(row), {}};
    if (metric.document.values_total == 0) return metric;
    Rows values =
        latest_values_.ask(row.integer(0), static_cast<std::int64_t>(kpi::document_values_max));
    metric.values.reserve(
        static_cast<std::size_t>(std::clamp(metric.document.values_total, std::int64_t{0},
                                            static_cast<std::int64_t>(kpi::document_values_max))));
    while (values.next()) {
        metric.values.push_back(reported_in(values));
    }
    std::ranges::reverse(metric.values);
    return metric;
}

std::vector<kpi::WholeMetric> ViewQueries::find_all(const std::vector<kpi::MetricId>& ids) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    std::vector<kpi::WholeMetric> found;
    for (const auto& id : ids) {
        if (auto metric = find(id)) found.push_back(*std::move(metric));
    }
    return found;
}

kpi::ListPage ViewQueries::list(const kpi::ListQuery& query) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    kpi::ListPage page;
    const auto add = [&](const Rows& row) {
        page.more = page.items.size() == query.limit;
        if (page.more) return false;
        page.items.push_back({row.text(id_column), document_in(row)});
        if (query.recent > 0) {
            page.items.back().recent = recent_values(row.integer(number_column), query.recent);
        }
        return true;
    };
    if (const auto numbers = indexed_page(query)) {
        for (const MetricNumber number : *numbers) {
            Rows row = document_numbered_.ask(number);
            if (row.next() && !add(row)) break;
        }
        return page;
    }
    Rows rows = list_statement(query, document_columns()).ask_bound();
    while (rows.next() && add(rows)) {
    }
    return page;
}

std::optional<std::vector<MetricNumber>> ViewQueries::indexed_page(const kpi::ListQuery& query) {
    const bool is_in_order = query.sort == nullptr || query.sort->indexed;
    const bool is_plain = query.filter == kpi::MetricFilter() && is_in_order;
    if (!index_ || is_plain) return std::nullopt;
    auto index = index_->access();
    if (!index) return std::nullopt;
    const Selection selection = (*index)->select(query.filter, query.now);
    const auto by_key = (*index)->page(selection, query);
    index.reset();  // others may have it
    return by_key ? page_by_key(*by_key, query) : page_by_text(selection, query);
}

std::vector<MetricNumber> ViewQueries::page_by_key(const MetricIndex::Page& page,
                                                   const kpi::ListQuery& query) {
    const std::size_t wanted = query.limit + 1;
    std::vector<MetricNumber> numbers;
    const auto add = [&](const std::vector<MetricNumber>& more) {
        const std::size_t room = wanted - numbers.size();
        numbers.insert(numbers.end(), more.begin(),
                       more.begin() + static_cast<std::ptrdiff_t>(std::min(room, more.size())));
    };
    const auto add_by_id = [&](const Selection& tied, const kpi::MetricId& after) {
        if (tied.count() == 0 || numbers.size() == wanted) return;
        kpi::ListQuery by_id;
        by_id.after = {after, after};
        by_id.limit = query.limit;
        add(page_by_text(tied, by_id));
    };
    if (query.after) add_by_id(page.tied_with_last, query.after->id);
    if (numbers.size() < wanted) add(sorted(page.between, query));
    add_by_id(page.tied, {});
    return numbers;
}

std::vector<MetricNumber> ViewQueries::page_by_text(const Selection& selection,
                                                    const kpi::ListQuery& query) {
    // So many entries of the file's index stand before the page's end, if what is wanted is spread
    // evenly.
    const std::size_t steps =
        (query.limit + 1) * selection.out_of() / std::max<std::size_t>(selection.count(), 1);
    if (selection.count() > query.limit && selection.count() > steps / steps_for_a_metric) {
        if (auto page = in_order(selection, query)) return *std::move(page);
    }
    return sorted(MetricIndex::numbers_of(selection), query);
}

std::vector<MetricNumber> ViewQueries::sorted(const std::vector<MetricNumber>& among,
                                              const kpi::ListQuery& query) {
    const auto place_of = [&](const Rows& row) {
        auto key =
            query.sort == nullptr ? kpi::SortKey() : kpi::copy_of(value_in(row, 1, *query.sort));
        return kpi::ListPosition{std::move(key), row.text(0)};
    };
    const auto is_before = [&](const kpi::ListPosition& one, const kpi::ListPosition& other) {
        if (query.sort == nullptr) return query.descending ? one.id > other.id : one.id < other.id;
        if (one.key == other.key) return one.id < other.id;
        return query.descending ? one.key > other.key : one.key < other.key;
    };
    Statement& keys = prepared(std::string("SELECT id, ") + column_of(query.sort) + " FROM " +
                               documents_ + " WHERE number = ?");
    std::vector<std::pair<kpi::ListPosition, MetricNumber>> places;
    places.reserve(among.size());
    for (const MetricNumber number : among) {
        Rows row = keys.ask(number);
        if (!row.next()) continue;
        auto place = place_of(row);
        if (query.after && !is_before(*query.after, place)) continue;
        places.emplace_back(std::move(place), number);
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(places.size(), query.limit + 1));
    std::ranges::partial_sort(
        places, places.begin() + count, is_before,
        [](const auto& place) -> const kpi::ListPosition& { return place.first; });
    std::vector<MetricNumber> page;
    for (auto place = places.begin(); place != places.begin() + count; ++place) {
        page.push_back(place->second);
    }
    return page;
}

std::optional<std::vector<MetricNumber>> ViewQueries::in_order(const Selection& among,
                                                               kpi::ListQuery query) {
    const std::size_t wanted = query.limit + 1;
    query.filter = {};
    query.limit = no_limit;
    // They may stand far from where the page begins: then it takes less time to read them all.
    std::size_t steps_left = among.count() * steps_for_a_metric;
    std::vector<MetricNumber> page;
    Rows rows = list_statement(query, "number").ask_bound();
    while (page.size() < wanted && rows.next()) {
        if (steps_left-- == 0) return std::nullopt;
        if (among.has(rows.integer(0))) page.push_back(rows.integer(0));
    }
    return page;
}

std::vector<kpi::MetricValue> ViewQueries::recent_values(std::int64_t number, std::size_t count) {
    std::vector<kpi::MetricValue> recent;
    Rows rows = recent_.ask(number, static_cast<std::int64_t>(count));
    while (rows.next()) recent.push_back(reported_in(rows));
    std::ranges::reverse(recent);
    return recent;
}

std::pair<std::vector<kpi::MetricId>, bool> ViewQueries::list_ids(const kpi::ListQuery& query) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    std::vector<kpi::MetricId> ids;
    if (const auto numbers = indexed_page(query)) {
        for (const MetricNumber number : *numbers) {
            Rows row = id_.ask(number);
            if (row.next()) ids.push_back(row.text(0));
        }
    } else {
        for (Rows rows = list_statement(query, "id").ask_bound(); rows.next();) {
            ids.push_back(rows.text(0));
        }
    }
    const bool more = ids.size() > query.limit;
    if (more) ids.resize(query.limit);
    return {std::move(ids), more};
}

Statement& ViewQueries::list_statement(const kpi::ListQuery& query, std::string_view columns) {
    Statement& statement = prepared(list_sql(query, columns, documents_));
    bind_list(statement, query);
    return statement;
}

Statement& ViewQueries::prepared(const std::string& sql) {
    auto found = lists_.find(sql);
    if (found == lists_.end()) {
        if (lists_.size() >= list_statements_max) lists_.clear();
        found = lists_.emplace(sql, connection_.prepare(sql)).first;
    }
    return found->second;
}

kpi::MetricSummary ViewQueries::summary(const kpi::MetricFilter& filter, es::TimePoint now) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    if (index_) {
        if (auto index = index_->access()) {
            return (*index)->summary((*index)->select(filter, now), now);
        }
    }
    kpi::ListQuery query;
    query.filter = filter;
    query.now = now;
    query.limit = no_limit;
    Statement& all =
        list_statement(query, "owner, tags, status_runs, deadline, due_from, stale_from");
    const auto time = [](const Rows& row, int column) {
        return row.is_null(column) ? std::nullopt : std::optional(time_of(row.integer(column)));
    };
    kpi::MetricSummary summary(now);
    for (Rows rows = all.ask_bound(); rows.next();) {
        const auto owner = rows.is_null(0) ? std::nullopt : std::optional(rows.view(0));
        summary.add({owner, rows.view(1), rows.view(2), time_of(rows.integer(3)), time(rows, 4),
                     time(rows, 5)});
    }
    return summary;
}

std::optional<kpi::ValuesPage> ViewQueries::values(const kpi::ValuesQuery& query) {
    Rows metric = number_.ask(query.id);  // while it is open, the values are of the same snapshot
    if (!metric.next()) return std::nullopt;
    using Place = std::pair<std::int64_t, es::Version>;  // both ends are outside the page
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    Place low{query.from ? ms_of(*query.from) : lowest, 0};
    Place high{query.to ? ms_of(*query.to) : highest, highest};
    if (query.after) {
        const Place after{ms_of(query.after->first), query.after->second};
        if (query.descending) high = std::min(high, after);
        if (!query.descending) low = std::max(low, after);
    }
    kpi::ValuesPage page;
    Statement& statement = query.descending ? values_down_ : values_up_;
    Rows rows = statement.ask(metric.integer(0), low.first, low.second, high.first, high.second,
                              query.retracted, static_cast<std::int64_t>(query.limit + 1));
    while (rows.next()) {
        if (page.items.size() == query.limit) {
            page.more = true;
            break;
        }
        page.items.push_back(reported_in(rows));
    }
    return page;
}

std::optional<kpi::ChangesPage> ViewQueries::changes(const kpi::ChangesQuery& query) {
    Rows metric = number_.ask(query.id);  // while it is open, the changes are of the same snapshot
    if (!metric.next()) return std::nullopt;
    constexpr auto after_all = std::numeric_limits<es::Version>::max();
    kpi::ChangesPage page;
    Rows rows = changes_.ask(metric.integer(0), query.before.value_or(after_all),
                             static_cast<std::int64_t>(query.limit + 1));
    while (rows.next()) {
        if (page.items.size() == query.limit) {
            page.more = true;
            break;
        }
        page.items.push_back({rows.integer(0), rows.text(1)});
    }
    return page;
}

bool ViewQueries::visit_values(const kpi::MetricId& id, kpi::ValuesVisitor& visitor) {
    Rows metric = document_.ask(id);  // while it is open, the values are of the same snapshot
    if (!metric.next()) return false;
    visitor.begin(document_in(metric));
    Rows rows = all_values_.ask(metric.integer(0));
    while (rows.next()) visitor.next({time_of(rows.integer(0)), rows.real(1), rows.integer(2)});
    return true;
}

es::Checkpoints ViewQueries::checkpoints() {
    es::Checkpoints all;
    for (Rows rows = checkpoints_.ask(); rows.next();) all[rows.text(0)] = rows.text(1);
    return all;
}

std::vector<es::Parked> ViewQueries::parked() {
    std::vector<es::Parked> all;
    for (Rows rows = parked_.ask(); rows.next();) {
        all.push_back({rows.text(0), rows.integer(1), rows.text(2)});
    }
    return all;
}

std::optional<es::Parked> ViewQueries::parked_entry(const es::StreamId& id) {
    Rows row = parked_entry_.ask(id);
    if (!row.next()) return std::nullopt;
    return es::Parked{id, row.integer(0), row.text(1)};
}

}  // namespace views::sqlite
