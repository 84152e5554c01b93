// A client's requests to one server, and what their ends mean to its users. Private to this room.
#pragma once

#include <chrono>
#include <string>

#include "base/curl/transfer.hpp"
#include "http/message.hpp"

namespace http {

class CurlTransfer {
public:
    // `ca_file` empty: the authorities that the system trusts.
    CurlTransfer(std::string base, std::chrono::milliseconds timeout, std::string ca_file);

    // The next request; its connection is kept. Throws ClientError.
    void prepare(const std::string& method, const std::string& target, const Headers& headers,
                 std::string body);
    // A POST that is streamed both ways. The timeout is that of connecting alone.
    void prepare_stream(const std::string& target, const Headers& headers, curl::BodySource source,
                        curl::BodySink sink);
    [[nodiscard]] curl::Transfer& transfer() { return transfer_; }
    [[nodiscard]] CURL* handle() const { return transfer_.handle(); }
    // What came of it. Throws ClientError.
    [[nodiscard]] Response result(curl::End end) const;
    // Throws ClientError with what is wrong with the request.
    [[noreturn]] void fail(const std::string& why) const;

private:
    void prepare(curl::Request request);
    [[noreturn]] void fail(const curl::End& end) const;
    [[nodiscard]] std::string distrust(const std::string& detail) const;

    const std::string base_;
    const std::chrono::milliseconds timeout_;
    const std::string ca_file_;
    curl::Transfer transfer_;
    std::string shown_request_;  // for errors
};

}  // namespace http
