#include "aws/container_credentials.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "base/json.hpp"
#include "base/text.hpp"

namespace aws {
namespace {

constexpr const char* relative_variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* full_variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* container_service = "http://169.254.170.2";
constexpr long connect_time_max_ms = 1'000;
constexpr long time_max_ms = 3'000;
constexpr std::size_t answer_bytes_max = 64UL * 1024;

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part_of(const Url& url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
}

bool is_trusted(const std::string& address) {
    const Url url(curl_url(), &curl_url_cleanup);
    if (curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK) return false;
    const std::string scheme = part_of(url, CURLUPART_SCHEME);
    if (scheme == "https") return true;
    const std::string host = part_of(url, CURLUPART_HOST);
    constexpr std::array hosts{"localhost", "[::1]", "169.254.170.2", "169.254.170.23",
                               "[fd00:ec2::23]"};
    return scheme == "http" &&
           (host.starts_with("127.") || std::ranges::find(hosts, host) != hosts.end());
}

std::string address_in(const Variables& variables) {
    const std::string relative = variables(relative_variable);
    if (!relative.empty()) return container_service + relative;
    std::string full = variables(full_variable);
    if (!is_trusted(full)) {
        throw NoCredentials(std::string(full_variable) +
                            " is neither https nor an address of this machine or of AWS's "
                            "container services");
    }
    return full;
}

std::string authorization_in(const Variables& variables) {
    const std::string file = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (file.empty()) return variables("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    std::ifstream in(file);
    if (!in) throw NoCredentials("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can't be read");
    const std::string token{std::istreambuf_iterator<char>(in), {}};
    return std::string(base::trim(token));
}

std::size_t take(char* bytes, std::size_t, std::size_t size, void* to) {
    std::string& body = *static_cast<std::string*>(to);
    if (body.size() + size > answer_bytes_max) return 0;
    body.append(bytes, size);
    return size;
}

std::string get(const std::string& address, const std::string& authorization) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    if (!curl) throw NoCredentials("libcurl can't be set up");
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr,
                                                                        &curl_slist_free_all);
    if (!authorization.empty()) {
        headers.reset(curl_slist_append(nullptr, ("Authorization: " + authorization).c_str()));
    }
    std::string body;
    curl_easy_setopt(curl.get(), CURLOPT_URL, address.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // it is beside us, never behind a proxy
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_time_max_ms);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, time_max_ms);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    const CURLcode code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        throw NoCredentials(
            std::string("the container's credentials endpoint: ") +
            (code != CURLE_OK ? curl_easy_strerror(code) : "HTTP " + std::to_string(status)));
    }
    return body;
}

}  // namespace

bool has_container_endpoint(const Variables& variables) {
    return !variables(relative_variable).empty() || !variables(full_variable).empty();
}

Credentials fetch_container_credentials(const Variables& variables) {
    const json::Parsed parsed =
        json::parse(get(address_in(variables), authorization_in(variables)));
    const auto text = [&](const char* name) {
        const json::Value* value = parsed.ok() ? parsed.value.find(name) : nullptr;
        return value != nullptr && value->string() != nullptr ? *value->string() : std::string();
    };
    Credentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                            base::parse_time(text("Expiration"), base::DateAlone::start_of_day)};
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        throw NoCredentials("the container's credentials endpoint answered without credentials");
    }
    return credentials;
}

}  // namespace aws
