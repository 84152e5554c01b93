#include "aws/services.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "aws/profile.hpp"
#include "aws/url.hpp"

namespace aws {
namespace {

std::string first_of(const Variables& variables, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        if (std::string value = variables(name); !value.empty()) return value;
    }
    return {};
}

std::string region_in(const Variables& variables) {
    std::string region = first_of(variables, {"AWS_REGION", "AWS_DEFAULT_REGION"});
    if (region.empty()) region = read_profile(variables).settings["region"];
    if (region.empty()) {
        throw Misconfigured("There is no AWS region; set AWS_REGION, e.g. to eu-central-1.");
    }
    const bool good = std::ranges::all_of(region, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!good) throw Misconfigured("AWS_REGION is not a region such as eu-central-1.");
    return region;
}

std::string endpoint_in(const Variables& variables, const char* own_variable,
                        const std::string& usual) {
    const std::string given = first_of(variables, {own_variable, "AWS_ENDPOINT_URL"});
    if (given.empty()) return usual;
    const std::optional<Url> url = parse_url(given);
    if (!url || !url->bare) {
        throw Misconfigured(std::string(own_variable) +
                            " (or AWS_ENDPOINT_URL) is not of the form http://host:port or "
                            "https://host.");
    }
    return url->scheme + "://" + url->authority();
}

}  // namespace

Services find_services(const Variables& variables) {
    Services services;
    services.region = region_in(variables);
    const std::string domain =
        services.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
    services.dynamodb = endpoint_in(variables, "AWS_ENDPOINT_URL_DYNAMODB",
                                    "https://dynamodb." + services.region + domain);
    services.streams = endpoint_in(variables, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
                                   "https://streams.dynamodb." + services.region + domain);
    services.sts =
        endpoint_in(variables, "AWS_ENDPOINT_URL_STS", "https://sts." + services.region + domain);
    return services;
}

}  // namespace aws
