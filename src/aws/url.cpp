#include "aws/url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <array>
#include <memory>
#include <new>

namespace aws {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// Empty where it has none.
std::string part_of(const Handle& url, CURLUPart part, unsigned int flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
}

bool is_bare(const Handle& url) {
    for (const CURLUPart part :
         {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
        if (!part_of(url, part).empty()) return false;
    }
    return part_of(url, CURLUPART_PATH) == "/";
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
    const Handle url(curl_url(), &curl_url_cleanup);
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
    Url parts{part_of(url, CURLUPART_SCHEME), part_of(url, CURLUPART_HOST),
              part_of(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT), is_bare(url)};
    if ((parts.scheme != "http" && parts.scheme != "https") || parts.host.empty()) {
        return std::nullopt;
    }
    return parts;
}

std::string percent_encoded(const std::string& text) {
    const std::unique_ptr<char, decltype(&curl_free)> encoded(
        curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), &curl_free);
    if (!encoded) throw std::bad_alloc();
    return encoded.get();
}

bool is_loopback(const Url& url) {
    if (url.host == "localhost" || url.host == "[::1]") return true;
    std::array<unsigned char, 4> address{};
    return ::inet_pton(AF_INET, url.host.c_str(), address.data()) == 1 && address[0] == 127;
}

}  // namespace aws
