#include "aws/container_credentials.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "aws/url.hpp"
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

// What AWS's own tools trust with a token: this machine, and the addresses of its container
// services.
bool is_trusted(const std::string& address) {
    const std::optional<Url> url = parse_url(address);
    if (!url) return false;
    constexpr std::array services{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    return url->scheme == "https" || is_loopback(*url) ||
           std::ranges::find(services, url->host) != services.end();
}

std::string address_in(const Variables& variables) {
    const std::string relative = variables(relative_variable);
    if (!relative.empty()) {
        if (relative.front() == '/') return container_service + relative;
        throw NoCredentials(std::string(relative_variable) + " does not begin with a slash");
    }
    std::string full = variables(full_variable);
    if (!is_trusted(full)) {
        throw NoCredentials(std::string(full_variable) +
                            " is neither https nor an address of this machine or of AWS's "
                            "container services");
    }
    return full;
}

// The file is read each time: its owner replaces it.
std::string authorization_in(const Variables& variables) {
    std::string token = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const std::string file = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        !file.empty()) {
        std::ifstream in(file);
        if (!in) throw NoCredentials("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can't be read");
        token.assign(std::istreambuf_iterator<char>(in), {});
        token = base::trim(token);
    }
    if (token.find_first_of("\r\n") != std::string::npos) {
        throw NoCredentials("the token for the container's credentials endpoint has several lines");
    }
    return token;
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
    if (!text("Expiration").empty() && !credentials.expires) {
        throw NoCredentials(
            "the container's credentials endpoint gave an Expiration that is no time");
    }
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        throw NoCredentials("the container's credentials endpoint answered without credentials");
    }
    return credentials;
}

}  // namespace aws
