#include "load.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "fold.hpp"

namespace e2e {
namespace {

std::string body_of(const Sent& sent, std::optional<std::int64_t> version) {
    if (sent.creates) return create_body(sent.metric, sent.number);
    return value_body(sent.metric, sent.number, version);
}

// What an event sets, as Sent::number has it.
double number_of(const StoredEvent& event) {
    const char* member = event.type == "MetricCreated" ? "target" : "value";
    return at(event.payload, member).number()->value;
}

}  // namespace

Load::Load(std::size_t clients, std::uint64_t seed, std::string prefix)
    : prefix_(std::move(prefix)) {
    for (std::size_t i = 0; i < clients; ++i) {
        auto client = std::make_unique<Client>();
        client->metric = prefix_ + "own-" + std::to_string(i);
        client->random.seed(seed + i);
        clients_.push_back(std::move(client));
    }
}

Load::~Load() {
    finish();
}

void Load::prepare(const Urls& urls) {
    Api api(urls);
    auto create = [&](Client& client, const std::string& metric) {
        Sent& sent = client.sent.emplace_back();
        sent.metric = metric;
        sent.number = static_cast<double>(next_number_++);
        sent.creates = true;
        send(client, sent, api, std::nullopt);
        ASSERT_EQ(sent.state, Sent::State::acknowledged);
    };
    create(*clients_.front(), prefix_ + "shared");
    for (auto& client : clients_) create(*client, client->metric);
}

void Load::start(const std::vector<Urls>& servers) {
    stopping_ = false;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        threads_.emplace_back([this, &client = *clients_[i], urls = servers[i % servers.size()]] {
            work(client, urls);
        });
    }
}

void Load::finish() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

std::size_t Load::unanswered() const {
    std::size_t count = 0;
    for (const auto& client : clients_) {
        for (const Sent& sent : client->sent) count += sent.state == Sent::State::unanswered;
    }
    return count;
}

void Load::work(Client& client, const Urls& urls) {
    Api api(urls);
    try {
        while (!stopping_) send_next(client, api);
    } catch (const http::ClientError&) {
        // The server is gone; the command is left unanswered.
    }
}

void Load::send_next(Client& client, Api& api) {
    auto chance = [&](int percent) {
        return std::uniform_int_distribution<>(0, 99)(client.random) < percent;
    };
    Sent& sent = client.sent.emplace_back();
    sent.number = static_cast<double>(next_number_++);
    const std::string number = json::format_number(sent.number);
    sent.creates = chance(3);
    if (chance(40)) sent.key = "key-" + number;
    std::optional<std::int64_t> version;
    if (sent.creates) {
        sent.metric = prefix_ + "created-" + number;
    } else if (chance(30)) {
        sent.metric = prefix_ + "shared";
    } else if (chance(20)) {
        sent.metric = clients_[client.random() % clients_.size()]->metric;
    } else {
        sent.metric = client.metric;
        // Not with a key: it would have to be repeated with the same version.
        if (sent.key.empty() && chance(40)) version = client.version;
    }
    send(client, sent, api, version);
}

void Load::send(Client& client, Sent& sent, Api& api, std::optional<std::int64_t> version) {
    const Answer answer =
        api.post(sent.creates ? create_path : value_path, body_of(sent, version), sent.key);
    if (answer.status == 503) ++unavailable_;
    if (answer.status == 201) {
        sent.state = Sent::State::acknowledged;
        sent.version = answer.version();
        ++acknowledged_;
    } else if (answer.problem() != "outcome-unknown") {
        sent.state = Sent::State::refused;
    }
    if (sent.metric != client.metric) return;
    if (answer.status == 201) client.version = answer.version();
    if (answer.status == 409)
        client.version = static_cast<std::int64_t>(answer.number("currentVersion"));
}

void Load::repeat_unanswered(const Urls& urls) {
    Api api(urls);
    for (auto& client : clients_) {
        for (Sent& sent : client->sent) {
            if (sent.state != Sent::State::unanswered || sent.key.empty()) continue;
            send(*client, sent, api, std::nullopt);
            EXPECT_EQ(sent.state, Sent::State::acknowledged) << sent.key;
        }
    }
}

void Load::verify(const Urls& urls) const {
    Api api(urls);
    std::map<std::string, std::vector<const Sent*>> by_metric;
    for (const auto& client : clients_) {
        for (const Sent& sent : client->sent) by_metric[sent.metric].push_back(&sent);
    }
    for (const auto& [metric, commands] : by_metric) {
        const auto events = read_events(api, metric);
        std::map<double, std::vector<std::int64_t>> stored;  // versions by number
        for (const StoredEvent& event : events) stored[number_of(event)].push_back(event.version);
        for (const Sent* sent : commands) {
            const auto versions = std::exchange(stored[sent->number], {});
            const auto what = metric + " " + json::format_number(sent->number) + " " + sent->key;
            switch (sent->state) {
                case Sent::State::acknowledged:
                    EXPECT_EQ(versions, std::vector{sent->version}) << what;
                    break;
                case Sent::State::refused:
                    EXPECT_TRUE(versions.empty()) << what;
                    break;
                case Sent::State::unanswered:
                    EXPECT_LE(versions.size(), 1U) << what;
                    break;
            }
        }
        for (const auto& [number, versions] : stored) {
            EXPECT_TRUE(versions.empty()) << metric << ": nobody sent " << number;
        }
        if (!events.empty()) expect_view_equals_fold(api, metric, events);
        // Each view that never comes would be waited for.
        if (::testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace e2e
