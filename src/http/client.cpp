#include "http/client.hpp"

#include <utility>

#include "http/curl_transfer.hpp"

namespace http {

// A password may hold any character, so that only the last @ surely ends it.
std::string shown_url(const std::string& url) {
    const std::size_t end = url.rfind('@');
    if (end == std::string::npos) return url;
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string::npos || scheme > end ? 0 : scheme + 3;
    return url.substr(0, begin) + "***" + url.substr(end);
}

Client::Client(std::string base, std::chrono::milliseconds timeout, std::string ca_file)
    : transfer_(std::make_unique<CurlTransfer>(std::move(base), timeout, std::move(ca_file))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Response Client::send(const std::string& method, const std::string& target, const Headers& headers,
                      const std::string& body) {
    transfer_->prepare(method, target, headers, body);
    return transfer_->result(transfer_->transfer().perform());
}

Response Client::post_json(const std::string& target, const std::string& body, Headers headers) {
    headers.set("Content-Type", "application/json");
    return send("POST", target, headers, body);
}

}  // namespace http
