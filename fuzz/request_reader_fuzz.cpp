// The same bytes, whole, byte by byte and cut at random, are read as the same requests, also by
// whoever takes bodies while they arrive.
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "http/request_reader.hpp"

namespace {

using Stage = http::RequestReader::Stage;
using NextSize = std::function<std::size_t()>;  // of the next piece, at least 1

// Small enough that short inputs reach them.
constexpr http::Limits limits{
    .header_bytes_max = 128, .body_bytes_max = 64, .streamed_body_bytes_max = 96};

void append(std::string& text, std::string_view part) {
    text.append(std::to_string(part.size())).append(":").append(part).append("\n");
}

std::string describe(const http::Request& request, bool keep_alive, bool http_1_0) {
    std::string text;
    append(text, request.method);
    append(text, request.target);
    append(text, request.path);
    append(text, request.host.name);
    append(text, std::to_string(request.host.port.value_or(0)));
    for (const auto& [name, value] : request.query) append(text, name + "=" + value);
    for (const auto& [name, value] : request.headers) append(text, name + ": " + value);
    append(text, request.body);
    return text + (keep_alive ? "keep-alive " : "close ") + (http_1_0 ? "1.0" : "1.1");
}

// The requests, and how it ended.
std::vector<std::string> read(std::string_view bytes, const NextSize& next_size) {
    std::vector<std::string> outcome;
    http::RequestReader reader(limits);
    for (;;) {
        const Stage stage = reader.advance();
        if (stage == Stage::complete) {
            const bool keep_alive = reader.keep_alive();
            const bool http_1_0 = reader.is_http_1_0();
            outcome.push_back(describe(reader.take_request(), keep_alive, http_1_0));
            if (!keep_alive) return outcome;
            reader.next();
        } else if (stage == Stage::refused) {
            const http::Problem& refusal = reader.refusal();
            outcome.push_back("refused " + std::to_string(refusal.status) + refusal.type);
            return outcome;
        } else if (bytes.empty()) {
            outcome.push_back("unfinished " + std::to_string(static_cast<int>(stage)));
            return outcome;
        } else {
            const std::string_view piece = bytes.substr(0, next_size());
            reader.append(piece);
            bytes.remove_prefix(piece.size());
        }
    }
}

// The same of requests whose bodies are taken piece by piece.
std::vector<std::string> read_streamed(std::string_view bytes, const NextSize& next_size) {
    const http::RequestReader::StreamsBody always = [](const http::Request&) { return true; };
    std::vector<std::string> outcome;
    http::RequestReader reader(limits, always);
    std::string head;
    std::string body;
    for (;;) {
        const Stage stage = reader.advance();
        if (stage != Stage::refused && reader.is_streamed() && head.empty()) {
            const bool keep_alive = reader.keep_alive();
            const bool http_1_0 = reader.is_http_1_0();
            head = describe(reader.take_request(), keep_alive, http_1_0);
            continue;
        }
        if (!head.empty()) body += reader.take_body();
        if (stage == Stage::complete) {
            outcome.push_back(head + " " + body);
            if (!reader.keep_alive()) return outcome;
            reader.next();
            head.clear();
            body.clear();
        } else if (stage == Stage::refused) {
            const http::Problem& refusal = reader.refusal();
            outcome.push_back(head + " " + body + " refused " + std::to_string(refusal.status));
            return outcome;
        } else if (bytes.empty()) {
            outcome.push_back(head + " " + body + " unfinished");
            return outcome;
        } else {
            const std::string_view piece = bytes.substr(0, next_size());
            reader.append(piece);
            bytes.remove_prefix(piece.size());
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read(bytes, [&] { return bytes.size(); });
    fuzz::check(read(bytes, [] { return 1; }) == whole, "byte by byte it is the same");
    const auto streamed = read_streamed(bytes, [&] { return bytes.size(); });
    fuzz::check(read_streamed(bytes, [] { return 1; }) == streamed,
                "byte by byte a streamed body is the same");
    // The same cuts for the same input, so that a finding can be repeated.
    std::minstd_rand random(static_cast<unsigned>(std::hash<std::string_view>{}(bytes)));
    for (const unsigned longest : {3U, 8U, 40U}) {
        const auto cut = [&] { return 1 + random() % longest; };
        fuzz::check(read(bytes, cut) == whole, "cut at random it is the same");
        fuzz::check(read_streamed(bytes, cut) == streamed,
                    "cut at random a streamed body is the same");
    }
    return 0;
}
