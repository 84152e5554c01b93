#include "yardstick/healthy.hpp"

#include <iostream>

#include "base/text.hpp"
#include "http/client.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/settings.hpp"

namespace yardstick {
namespace {

std::string url_of(const ListenAddress& listen) {
    std::string address = listen.address;
    if (address == "0.0.0.0") address = "127.0.0.1";
    if (address == "::") address = "::1";
    const bool v6 = address.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(listen.port);
}

std::string joined(const std::vector<std::string>& urls) {
    std::string text;
    for (const std::string& url : urls) text += (text.empty() ? "" : ", ") + http::shown_url(url);
    return text;
}

}  // namespace

std::vector<std::string> local_servers(const Variables& variables) {
    const Settings defaults;
    std::vector<std::string> urls;
    const auto add = [&](const char* name, const ListenOption& otherwise) {
        const std::string text = variables(name);
        urls.push_back(
            url_of(parse_listen({text.empty() ? otherwise.text : text, name}, /*anywhere=*/true)));
    };
    add("YARDSTICK_WRITE_LISTEN", defaults.write_listen);
    add("YARDSTICK_READ_LISTEN", defaults.read_listen);
    add("YARDSTICK_PROJECTOR_LISTEN", defaults.projector_listen);
    return urls;
}

int healthy(const std::vector<std::string>& urls, std::chrono::milliseconds patience,
            const std::string& ca_file) {
    bool answered = false;
    std::string trouble;
    for (const std::string& url : urls) {
        try {
            const std::string base = url.ends_with('/') ? url.substr(0, url.size() - 1) : url;
            const int status = http::Client(base, patience, ca_file).get("/-/healthy").status;
            if (status == 200) {
                answered = true;
            } else {
                trouble += " " + http::shown_url(url) + " answered " + std::to_string(status) + ".";
            }
        } catch (const http::Refused&) {
            continue;
        } catch (const http::ClientError& error) {
            trouble += " " + std::string(error.what()) + ".";
        }
    }
    if (answered && trouble.empty()) {
        std::cout << "healthy\n";
        return exit_done;
    }
    if (trouble.empty()) trouble = " nobody listens at " + joined(urls) + ".";
    std::cerr << "yardstick:" << base::printable(trouble) << "\n";
    return exit_failure;
}

}  // namespace yardstick
