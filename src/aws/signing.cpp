#include "aws/signing.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string_view>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace aws {
namespace {

constexpr const char* algorithm = "AWS4-HMAC-SHA256";

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
               digest.data(), &size) == nullptr) {
        throw std::runtime_error("OpenSSL can't sign");
    }
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

// Without blanks at its ends, and with one where there were several.
std::string squeezed(std::string_view value) {
    std::string text;
    for (const char c : base::trim(value)) {
        if (c == ' ' && !text.empty() && text.back() == ' ') continue;
        text += c;
    }
    return text;
}

// By lower-case name; headers of the same name are joined.
std::map<std::string, std::string> canonical(const std::vector<Header>& headers) {
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : headers) {
        const auto [place, added] = sorted.try_emplace(base::lower(name), squeezed(value));
        if (!added) place->second += "," + squeezed(value);
    }
    return sorted;
}

}  // namespace

std::string basic_time(base::TimePoint time) {
    std::string text = base::format_time(time);  // 2015-08-30T12:36:00.000Z
    text.erase(text.find('.'), 4);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::vector<Header> Signer::sign(const UnsignedRequest& request, const Credentials& credentials,
                                 const SigningScope& scope) {
    const std::string time = basic_time(scope.time);
    const std::string date = time.substr(0, 8);
    std::vector<Header> added{{"X-Amz-Date", time}};
    if (!credentials.session_token.empty()) {
        added.emplace_back("X-Amz-Security-Token", credentials.session_token);
    }

    std::vector<Header> all = request.headers;
    all.emplace_back("Host", request.host);
    all.insert(all.end(), added.begin(), added.end());
    std::string lines;
    std::string names;
    for (const auto& [name, value] : canonical(all)) {
        lines += name + ":" + value + "\n";
        names += (names.empty() ? "" : ";") + name;
    }
    const std::string canonical_request = request.method + "\n" + request.path + "\n" +
                                          request.query + "\n" + lines + "\n" + names + "\n" +
                                          base::sha256_hex(request.body);

    const std::string place = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const std::string to_sign = std::string(algorithm) + "\n" + time + "\n" + place + "\n" +
                                base::sha256_hex(canonical_request);

    if (std::string key_of = credentials.secret_access_key + "/" + place; key_of != key_of_) {
        key_of_ = std::move(key_of);
        key_ = "AWS4" + credentials.secret_access_key;
        for (const std::string_view part :
             {std::string_view(date), std::string_view(scope.region),
              std::string_view(scope.service), std::string_view("aws4_request")}) {
            key_ = hmac(key_, part);
        }
    }
    added.emplace_back("Authorization", std::string(algorithm) +
                                            " Credential=" + credentials.access_key_id + "/" +
                                            place + ", SignedHeaders=" + names +
                                            ", Signature=" + hex(hmac(key_, to_sign)));
    return added;
}

}  // namespace aws
