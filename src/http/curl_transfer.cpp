#include "http/curl_transfer.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include "http/client.hpp"

namespace http {
namespace {

// An answer larger than this is an error; the client keeps it in memory.
constexpr std::size_t body_bytes_max = 256UL * 1024 * 1024;

// What OpenSSL says of a certificate (X509_V_ERR_..., a part of its interface).
constexpr long not_yet_valid = 9;
constexpr long has_expired = 10;
constexpr long first_unknown_authority = 18;  // signed by itself
constexpr long last_unknown_authority = 21;

std::string reason(const curl::End& end) {
    if (end.code == CURLE_UNSUPPORTED_PROTOCOL) return "an address begins with http:// or https://";
    if (end.code != CURLE_SSL_CONNECT_ERROR) return end.failure;
    if (end.detail.find("wrong version number") != std::string::npos) {
        return "no TLS is spoken there; an address without it begins with http://";
    }
    return "no connection with TLS came about: " + end.detail;
}

}  // namespace

CurlTransfer::CurlTransfer(std::string base, std::chrono::milliseconds timeout, std::string ca_file)
    : base_(std::move(base)), timeout_(timeout), ca_file_(std::move(ca_file)) {}

void CurlTransfer::prepare(const std::string& method, const std::string& target,
                           const Headers& headers, std::string body) {
    prepare({.method = method,
             .url = base_ + target,
             .headers = {headers.begin(), headers.end()},
             .body = std::move(body),
             .timeout = timeout_,
             .answer_bytes_max = body_bytes_max});
}

void CurlTransfer::prepare_stream(const std::string& target, const Headers& headers,
                                  curl::BodySource source, curl::BodySink sink) {
    prepare({.method = "POST",
             .url = base_ + target,
             .headers = {headers.begin(), headers.end()},
             .timeout = std::chrono::milliseconds(0),
             .body_source = std::move(source),
             .body_sink = std::move(sink)});
}

void CurlTransfer::prepare(curl::Request request) {
    shown_request_ = request.method + " " + shown_url(request.url);
    request.connect_timeout = timeout_;
    request.ca_file = ca_file_;
    try {
        transfer_.prepare(std::move(request));
    } catch (const std::runtime_error& error) {
        throw ClientError(error.what());
    }
}

Response CurlTransfer::result(curl::End end) const {
    if (end.code != CURLE_OK) fail(end);
    Response response;
    response.status = end.answer.status;
    response.body = std::move(end.answer.body);
    for (auto& [name, value] : end.answer.headers) {
        response.headers.add(std::move(name), std::move(value));
    }
    return response;
}

void CurlTransfer::fail(const std::string& why) const {
    throw ClientError(shown_request_ + ": " + why);
}

void CurlTransfer::fail(const curl::End& end) const {
    if (end.code == CURLE_PEER_FAILED_VERIFICATION) {
        throw Untrusted(shown_url(base_) + " can't be trusted: " + distrust(end.detail));
    }
    if (end.code == CURLE_SSL_CACERT_BADFILE) {
        throw Untrusted("the CA file " + (ca_file_.empty() ? "of this system" : ca_file_) +
                        " can't be read, or holds no certificate in PEM form");
    }
    const std::string why = shown_request_ + ": " + reason(end);
    if (end.code == CURLE_COULDNT_CONNECT || end.code == CURLE_COULDNT_RESOLVE_HOST ||
        end.code == CURLE_URL_MALFORMAT) {
        throw Refused(why);
    }
    throw ClientError(why);
}

std::string CurlTransfer::distrust(const std::string& detail) const {
    long found = 0;
    curl_easy_getinfo(handle(), CURLINFO_SSL_VERIFYRESULT, &found);
    if (found == has_expired) return "its certificate has expired";
    if (found == not_yet_valid) return "its certificate is not valid yet";
    if (detail.find("subject name") != std::string::npos) {  // libcurl compares names itself
        return "its certificate is for another name";
    }
    if (found >= first_unknown_authority && found <= last_unknown_authority) {
        return "its certificate is of an authority that is not known here; --ca-file names the "
               "file with that authority's certificate";
    }
    return detail;
}

}  // namespace http
