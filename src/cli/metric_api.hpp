// What the commands ask of the servers: metrics from the read API, changes of the write API. Every
// refusal is one sentence (Failed).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cli/metric.hpp"
#include "transfer/patient_client.hpp"

namespace cli {

struct Servers {
    std::string write_url = "http://127.0.0.1:3000";
    std::string read_url = "http://127.0.0.1:3001";
    std::string ca_file;
    std::string by;                  // who says so; empty: nobody is named
    std::optional<int> retry_for_s;  // absent: a server that isn't there is not waited for
};

// A change, as it is sent.
struct Change {
    std::string method = "POST";
    std::string path;
    std::string body;
    std::string key;                         // empty: a random one
    std::optional<std::int64_t> if_version;  // it applies to this version alone
};

enum class Outcome { recorded, repeated, unchanged };
struct Changed {
    Outcome outcome = Outcome::recorded;
    std::string id;
    std::int64_t version = 0;  // 0: of a repeat whose version isn't known
    json::Value answer;
};

// One value of a metric.
struct Value {
    double value = 0;
    base::TimePoint date{};
    std::int64_t version = 0;
};

// Query parameters: a list's filters and order.
using Query = std::vector<std::pair<std::string, std::string>>;

struct ListRequest {
    Query query;
    std::size_t limit = 0;  // of all pages together
    int recent = 0;         // so many latest values with each metric, if the server can add them
};

std::string metric_path(const std::string& id);
// With the parameter asOf, unless it is empty.
std::string with_as_of(const std::string& target, const std::string& as_of);

// Not to be used by two threads at once.
class MetricApi {
public:
    explicit MetricApi(Servers servers);

    // Throws Failed: exit_not_found if there is no such metric. `as_of`: empty, or a time as the
    // server takes it.
    Metric metric(const std::string& id, const std::string& as_of = {});
    // Waits until the view has reached that version (0: any); nullopt with the reason if it can't
    // be read.
    std::pair<std::optional<Metric>, std::string> metric_at(const std::string& id,
                                                            std::int64_t version);
    // The latest by date, newest first.
    std::vector<Value> latest_values(const std::string& id, std::size_t count,
                                     const std::string& as_of = {});
    // All that match, page by page. Returns whether there are more.
    bool list(const ListRequest& request, const std::function<void(json::Value document)>& take);
    // How many metrics there are; nullopt if the server doesn't say.
    std::optional<std::int64_t> total();

    // Throws Failed when it is refused, with what the servers say about it.
    Changed change(const Change& change);

    // Any address of the read API, and its answer whatever it is.
    http::Response get(const std::string& target);
    // What it says. Throws Failed for another answer than 200.
    [[nodiscard]] json::Value json_of(const http::Response& response) const;
    // The same of a metric's own address.
    [[nodiscard]] Metric metric_in(const http::Response& response, const std::string& id) const;

private:
    http::Response get_page(const std::string& target, int recent);

    const Servers servers_;
    transfer::PatientClient write_;
    transfer::PatientClient read_;
    bool knows_recent_ = true;
};

// The API's own word that there is no such metric; somebody else's 404 says nothing of it.
bool is_unknown(const http::Response& response);

// What a refusal says, in one sentence: of each member at fault, by the option that gives it.
std::string refusal_text(const http::Response& response);

}  // namespace cli
