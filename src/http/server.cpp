#include "http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <chrono>
#include <ctime>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/fair_shares.hpp"
#include "base/memory.hpp"
#include "http/session.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
using std::chrono::milliseconds;

// After accept() failed, e.g. for want of file descriptors.
constexpr milliseconds accept_pause{50};
// Of those who wait to be accepted; the others come with the next turn.
constexpr int accepted_at_once_max = 256;
constexpr milliseconds stop_tick{5};

// How often deadlines are looked at: one timer for all is cheaper than one per connection.
milliseconds tick_length(const Limits& limits) {
    const auto shortest =
        std::min({limits.header_time_max, limits.body_time_max, limits.idle_time_max,
                  limits.write_time_max, limits.streamed_idle_time_max, limits.streamed_time_max});
    return std::clamp(shortest / 8, milliseconds(5), milliseconds(250));
}

std::string date_line(base::TimePoint time) {
    const std::time_t now = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 64> text{};
    const auto size =
        std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    return {text.data(), size};
}

}  // namespace

struct Server::Impl {
    class Registration;

    Impl(ServerOptions options, Handler handler)
        : core{.origins = OriginPolicy(options.origins),
               .options = std::move(options),
               .handler = std::move(handler),
               .mailbox = make_mailbox()},
          shares(core.options.limits.connections_max) {}

    std::shared_ptr<Mailbox> make_mailbox();
    void listen();
    void run();
    void drain();
    void begin_loops();
    void report_if_possible(const std::exception& error) const;
    Task<void> accept();
    void accept_who_waits();
    void begin_to_serve(Socket socket);
    Task<void> serve(Socket socket);
    Task<void> tick();
    void begin_stop(milliseconds patience);
    void abort_all();

    asio::io_context io{1};
    Core core;
    Acceptor acceptor{io};
    Timer accept_timer{io};
    Timer tick_timer{io};
    std::unordered_set<Session*> sessions;
    base::FairShares shares;
    bool accepting = false;       // accept() runs
    bool ticking = false;         // tick() runs
    std::size_t turned_away = 0;  // now
    std::atomic<std::uint64_t> turned_away_total = 0;
    Clock::time_point stop_by = Clock::time_point::max();
    std::uint16_t port = 0;
    std::thread thread;
    std::mutex stop_mutex;
};

namespace {

// Its flag is false when the coroutine ends that holds it, however it ends.
class WhileItRuns {
public:
    explicit WhileItRuns(bool& runs) : runs_(runs) {}
    ~WhileItRuns() { runs_ = false; }
    WhileItRuns(const WhileItRuns&) = delete;
    WhileItRuns& operator=(const WhileItRuns&) = delete;

private:
    bool& runs_;
};

}  // namespace

// Keeps a session in the list, and counted, while it runs.
class Server::Impl::Registration {
public:
    // One that is welcome has taken its share.
    Registration(Impl& impl, Session& session, bool welcome, std::string caller)
        : impl_(impl), session_(session), welcome_(welcome), caller_(std::move(caller)) {
        impl_.sessions.insert(&session_);
        welcome_ ? ++impl_.core.connections : ++impl_.turned_away;
    }
    // A timer that can't be cancelled ends the process.  NOLINTNEXTLINE(bugprone-exception-escape)
    ~Registration() {
        welcome_ ? --impl_.core.connections : --impl_.turned_away;
        if (welcome_) impl_.shares.give_back(caller_);
        impl_.sessions.erase(&session_);
        if (impl_.core.stopping && impl_.sessions.empty()) impl_.tick_timer.cancel();
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

private:
    Impl& impl_;
    Session& session_;
    bool welcome_;
    std::string caller_;
};

std::shared_ptr<Mailbox> Server::Impl::make_mailbox() {
    return std::make_shared<Mailbox>([this] { asio::post(io, [this] { drain(); }); });
}

void Server::Impl::listen() {
    const std::string& address = core.options.address;
    const std::string place = address + ":" + std::to_string(core.options.port);
    try {
        const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), core.options.port);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(asio::socket_base::reuse_address(true));
        acceptor.bind(endpoint);
        acceptor.listen(asio::socket_base::max_listen_connections);
        acceptor.non_blocking(true);
        port = acceptor.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
        Error ignored;
        acceptor.close(ignored);
        throw std::system_error(error.code(), "can't listen on " + place);
    }
}

void Server::Impl::run() {
    core.mailbox->set_owner();
    core.date = date_line(core.options.clock());
    for (;;) {
        try {
            begin_loops();
            io.run();
            return;
        } catch (const std::exception& error) {
            report_if_possible(error);
        }
        std::this_thread::sleep_for(base::memory_pause);
    }
}

void Server::Impl::report_if_possible(const std::exception& error) const {
    try {
        core.report(std::string("the io thread continues after: ") + error.what());
    } catch (...) {  // NOLINT(bugprone-empty-catch): for want of memory there is no report
    }
}

// What ended by an exception, for want of memory, begins again: without it nobody would be
// accepted, or no deadline kept.
void Server::Impl::begin_loops() {
    const auto begin = [this](bool& runs, Task<void> (Impl::*loop)()) {
        if (runs) return;
        asio::co_spawn(io, (this->*loop)(), asio::detached);
        runs = true;
    };
    if (!core.stopping) begin(accepting, &Impl::accept);
    begin(ticking, &Impl::tick);
}

void Server::Impl::drain() {
    for (Letter& letter : core.mailbox->take()) {
        Session* session = letter.exchange->session;
        if (session != nullptr) session->deliver(std::move(letter.content));
    }
}

// Also for want of memory it pauses and continues: it is the only one who accepts.
Task<void> Server::Impl::accept() {
    const WhileItRuns running(accepting);
    bool failing = false;
    while (!core.stopping) {
        Error error;
        try {
            Socket socket = co_await acceptor.async_accept(asio::redirect_error(Token{}, error));
            if (core.stopping) co_return;
            if (!error) {
                failing = false;
                begin_to_serve(std::move(socket));
                accept_who_waits();
                continue;
            }
            if (!failing) core.report("can't accept connections: " + error.message());
        } catch (const std::bad_alloc&) {
            error = asio::error::no_memory;
        }
        failing = true;
        accept_timer.expires_after(accept_pause);
        co_await accept_timer.async_wait(asio::redirect_error(Token{}, error));
    }
}

// All at once: while many are busy, each turn of the loop takes long, and who comes next would wait
// for as many turns as there are before it.
void Server::Impl::accept_who_waits() {
    for (int i = 0; i < accepted_at_once_max; ++i) {
        Error error;
        Socket socket(acceptor.get_executor());
        acceptor.accept(socket, error);
        if (error) return;  // nobody waits, or the next turn meets it again
        begin_to_serve(std::move(socket));
    }
}

// Want of memory costs the connection, not the loop that accepts the next.
void Server::Impl::begin_to_serve(Socket socket) {
    try {
        asio::co_spawn(io, serve(std::move(socket)), asio::detached);
    } catch (const std::exception& error) {
        core.report(std::string("a connection can't be served: ") + error.what());
    }
}

Task<void> Server::Impl::serve(Socket socket) {
    Error gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) co_return;
    const std::string caller = caller_of(peer.address());
    const bool welcome = shares.take(caller);
    if (!welcome) {
        ++turned_away_total;
        if (turned_away >= core.options.limits.turned_away_max) co_return;
    }
    try {
        Session session(core, std::move(socket), caller);
        const Registration registration(*this, session, welcome, caller);
        if (welcome) {
            co_await session.run();
        } else {
            co_await session.turn_away();
        }
    } catch (const std::exception& error) {
        core.report(std::string("a connection failed: ") + error.what());
    }
}

Task<void> Server::Impl::tick() {
    const WhileItRuns running(ticking);
    const milliseconds length = tick_length(core.options.limits);
    while (!core.stopping || !sessions.empty()) {
        Error ignored;
        tick_timer.expires_after(core.stopping ? stop_tick : length);
        co_await tick_timer.async_wait(asio::redirect_error(Token{}, ignored));
        core.date = date_line(core.options.clock());
        const auto now = Clock::now();
        if (now >= stop_by) abort_all();
        for (Session* session : sessions) session->check_deadline(now);
    }
}

void Server::Impl::begin_stop(milliseconds patience) {
    core.stopping = true;
    stop_by = Clock::now() + patience;
    Error ignored;
    acceptor.close(ignored);
    accept_timer.cancel();
    tick_timer.cancel();
    for (Session* session : sessions) session->begin_stop();
}

void Server::Impl::abort_all() {
    // A copy, because a session that is aborted may leave `sessions` at once.
    const std::vector<Session*> all(sessions.begin(), sessions.end());
    for (Session* session : all) session->abort();
}

Server::Server(ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

// A server that can't stop ends the process.  NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() {
    stop(milliseconds(0));
}

void Server::start() {
    impl_->listen();
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

std::uint16_t Server::port() const {
    return impl_->port;
}

void Server::stop(milliseconds patience) {
    const std::lock_guard lock(impl_->stop_mutex);
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [impl = impl_.get(), patience] { impl->begin_stop(patience); });
    impl_->thread.join();
    impl_->core.mailbox->close();
}

Server::Counters Server::counters() const {
    return {impl_->core.connections.load(), impl_->core.in_flight.load(),
            impl_->turned_away_total.load()};
}

}  // namespace http
