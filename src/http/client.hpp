// A small blocking HTTP/1.1 client that keeps its connection, for the command line and for tests.
// Over https the server's certificate is always checked. Redirects are answers like others.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "http/message.hpp"
#include "http/percent.hpp"

namespace http {

// The server can't be reached, or the answer did not come in time or was not HTTP.
class ClientError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Nobody listens there, or it can't be reached at all.
class Refused : public ClientError {
    using ClientError::ClientError;
};

// Its certificate is not what it should be, or can't be checked: asking again doesn't help.
class Untrusted : public ClientError {
    using ClientError::ClientError;
};

// The URL as it may be printed: "***" stands for a user and password in it.
std::string shown_url(const std::string& url);

inline constexpr std::chrono::milliseconds client_timeout{15'000};

// Not to be used by two threads at once.
class Client {
public:
    // `base`: "http://127.0.0.1:3001". Over https the certificates of the system's authorities are
    // trusted, or with `ca_file` those in that file (PEM) alone.
    explicit Client(std::string base, std::chrono::milliseconds timeout = client_timeout,
                    std::string ca_file = {});
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // Throws ClientError; an answer with an error status is an answer.
    Response send(const std::string& method, const std::string& target, const Headers& headers = {},
                  const std::string& body = {});
    Response get(const std::string& target) { return send("GET", target); }
    Response post_json(const std::string& target, const std::string& body, Headers headers = {});

private:
    std::unique_ptr<class CurlTransfer> transfer_;
};

}  // namespace http
