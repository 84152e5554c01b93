#include "aws/credentials_answer.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace aws {

Credentials credentials_in(const std::string& answer, const std::string& who) {
    const json::Parsed parsed = json::parse(answer);
    const auto text = [&](const char* name) { return json::text_or_empty(parsed.value, name); };
    const std::string expiration = text("Expiration");
    Credentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                            base::parse_time(expiration, base::DateAlone::start_of_day)};
    if (!expiration.empty() && !credentials.expires) {
        throw NoCredentials(who + " gave an Expiration that is no time");
    }
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        throw NoCredentials(who + " answered without credentials");
    }
    return credentials;
}

std::string failure_of(const curl::End& reply) {
    return reply.code == CURLE_OK ? "HTTP " + std::to_string(reply.answer.status) : reply.failure;
}

std::string token_in(const std::string& file, const char* variable) {
    constexpr std::uintmax_t bytes_max = 64UL * 1024;
    std::error_code error;
    // Not a pipe or a device, which may have no end.
    const bool regular = std::filesystem::is_regular_file(file, error);
    if (!regular || std::filesystem::file_size(file, error) > bytes_max || error) {
        throw NoCredentials(std::string(variable) + " can't be read");
    }
    std::ifstream in(file);
    if (!in) throw NoCredentials(std::string(variable) + " can't be read");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const std::string token(base::trim(text));
    if (token.empty()) throw NoCredentials(std::string(variable) + " names an empty file");
    return token;
}

}  // namespace aws
