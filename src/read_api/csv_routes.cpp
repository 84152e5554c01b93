#include "read_api/csv_routes.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "api/query.hpp"
#include "base/csv_writer.hpp"
#include "es/errors.hpp"
#include "kpi/csv_rows.hpp"
#include "read_api/piece_stream.hpp"
#include "read_api/questions.hpp"

namespace read_api {
namespace {

constexpr const char* metrics_path = "/metrics.csv";
constexpr const char* values_path = "/metrics/{id}/values.csv";

constexpr std::size_t rows_per_piece = 1'000;

class MetricsCsv : public PieceMaker {
public:
    MetricsCsv(std::shared_ptr<kpi::MetricViews> views, kpi::ListQuery query)
        : views_(std::move(views)), query_(std::move(query)), piece_(kpi::metrics_csv_header()) {
        query_.limit = rows_per_piece;
    }

    [[nodiscard]] bool ended() const override { return ended_; }

    std::string next() override {
        const kpi::ListPage page = views_->list(query_);
        base::CsvWriter csv;
        for (const auto& item : page.items) {
            kpi::write_metric(csv, item.id, item.document, query_.now);
        }
        query_.after = kpi::end_of(page, query_);
        ended_ = !query_.after;
        return std::exchange(piece_, "") + csv.rows();
    }

private:
    const std::shared_ptr<kpi::MetricViews> views_;
    kpi::ListQuery query_;
    std::string piece_;  // what the next one begins with
    bool ended_ = false;
};

class ValuesCsv : public PieceMaker {
public:
    ValuesCsv(std::shared_ptr<kpi::MetricViews> views, kpi::ValuesQuery query)
        : views_(std::move(views)),
          query_(std::move(query)),
          piece_(query_.retracted ? kpi::all_values_csv_header : kpi::values_csv_header) {
        query_.limit = rows_per_piece;
    }

    // Reads the first page; false: there is no such metric.
    bool begin() {
        page_ = views_->values(query_);
        return page_.has_value();
    }

    [[nodiscard]] bool ended() const override { return ended_; }

    std::string next() override {
        if (!page_ && !begin()) throw es::Unavailable("the view of '" + query_.id + "' is gone");
        const auto page = *std::exchange(page_, std::nullopt);
        base::CsvWriter csv;
        for (const auto& value : page.items) {
            if (query_.retracted) {
                kpi::write_value_with_mark(csv, query_.id, value);
            } else {
                kpi::write_value(csv, query_.id, value);
            }
        }
        ended_ = !page.more || page.items.empty();
        if (!ended_) query_.after = {page.items.back().date, page.items.back().version};
        return std::exchange(piece_, "") + csv.rows();
    }

private:
    const std::shared_ptr<kpi::MetricViews> views_;
    kpi::ValuesQuery query_;
    std::string piece_;  // what the next one begins with
    std::optional<kpi::ValuesPage> page_;
    bool ended_ = false;
};

// Ids are texts of others: whatever could mean something in a header or a file system is left out.
std::string file_name(std::string_view before, const kpi::MetricId& id) {
    std::string name(before);
    for (const char c : id) {
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-';
        name += safe ? c : '_';
    }
    return name + ".csv";
}

http::Response csv_response(std::shared_ptr<PieceMaker> maker, const std::string& name,
                            PieceSource source) {
    http::Response response;
    response.headers.add("Content-Type", "text/csv; charset=utf-8; header=present");
    response.headers.add("Content-Disposition", "attachment; filename=\"" + name + "\"");
    add_body(response, std::move(maker), std::move(source));
    return response;
}

}  // namespace

std::vector<std::string> CsvRoutes::patterns() {
    return {metrics_path, values_path};
}

void CsvRoutes::add_to(http::Router& router) {
    using http::Request;
    using http::Responder;
    router.add("GET", metrics_path, [this](const Request& request, const Responder& respond) {
        metrics(request, respond);
    });
    router.add("GET", values_path, [this](const Request& request, const Responder& respond) {
        values(request, respond);
    });
}

void CsvRoutes::metrics(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const ListQuestion question = read_whole_list_question(reader, answerer_.now());
    if (refused(reader.errors(), request, respond)) return;
    answerer_.of_all(question.as_of(), request, respond,
                     [this, query = question.query, caller = request.caller](const auto& views) {
                         return csv_response(std::make_shared<MetricsCsv>(views, query),
                                             "metrics.csv", answerer_.pieces_for(caller));
                     });
}

void CsvRoutes::values(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const kpi::ValuesQuery query = read_all_values_question(reader, request.parameter("id"));
    const auto as_of = read_as_of(reader, answerer_.now());
    if (refused(reader.errors(), request, respond)) return;
    const std::string name = file_name("values-", query.id);
    if (as_of) {
        answerer_.as_of(*as_of, request, respond, query.id,
                        [this, query, name, caller = request.caller](const auto& past) {
                            return csv_response(std::make_shared<ValuesCsv>(past, query), name,
                                                answerer_.pieces_for(caller));
                        });
        return;
    }
    answerer_.on_pool(
        slow(request), respond,
        [this, query, name, respond, request_id = request.id, caller = request.caller] {
            auto maker = std::make_shared<ValuesCsv>(answerer_.present(), query);
            auto without = answerer_.absent(query.id, request_id, [&] { return maker->begin(); });
            respond(without ? *std::move(without)
                            : csv_response(maker, name, answerer_.pieces_for(caller)));
        });
}

}  // namespace read_api
