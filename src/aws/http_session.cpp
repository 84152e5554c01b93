#include "aws/http_session.hpp"

#include <memory>
#include <new>
#include <string_view>

#include "base/text.hpp"

namespace aws {
namespace {

// How soon a wish to stop is seen.
constexpr int look_every_ms = 100;

struct Answer {
    HttpReply reply;
    std::size_t bytes_max;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* answer) {
    auto& [reply, bytes_max] = *static_cast<Answer*>(answer);
    if (reply.body.size() + size > bytes_max) return 0;  // ends the transfer with an error
    reply.body.append(bytes, size);
    return size;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* answer) {
    const std::string_view line(bytes, size);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    static_cast<Answer*>(answer)->reply.headers.insert_or_assign(
        base::lower(line.substr(0, colon)), std::string(base::trim(line.substr(colon + 1))));
    return size;
}

using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Lines lines_of(const std::vector<Header>& headers) {
    curl_slist* lines = curl_slist_append(nullptr, "Expect:");  // libcurl would ask first, and wait
    for (const auto& [name, value] : headers) {
        lines = curl_slist_append(lines, (name + ": " + value).c_str());
    }
    return {lines, &curl_slist_free_all};
}

void prepare(CURL* easy, const HttpRequest& request, curl_slist* lines, Answer& answer) {
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // waits for no name server
    if (!request.by_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(request.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
    if (request.method == "GET") return;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// Until the one transfer has ended, or nobody waits for it any more.
CURLcode transfer(CURLM* multi, const std::function<bool()>& stop, bool& stopped) {
    for (int running = 1;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running == 0) break;
        stopped = stop && stop();
        if (stopped) return CURLE_ABORTED_BY_CALLBACK;
        curl_multi_poll(multi, nullptr, 0, look_every_ms, nullptr);
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

}  // namespace

HttpSession::HttpSession() : multi_(curl_multi_init()), easy_(curl_easy_init()) {
    if (multi_ == nullptr || easy_ == nullptr) {
        curl_easy_cleanup(easy_);
        curl_multi_cleanup(multi_);
        throw std::bad_alloc();
    }
}

HttpSession::~HttpSession() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
}

HttpReply HttpSession::ask(const HttpRequest& request) {
    Answer answer{{}, request.answer_bytes_max};
    const Lines lines = lines_of(request.headers);
    prepare(easy_, request, lines.get(), answer);
    CURLcode code = CURLE_FAILED_INIT;
    if (curl_multi_add_handle(multi_, easy_) == CURLM_OK) {
        code = transfer(multi_, request.stop, answer.reply.stopped);
        curl_multi_remove_handle(multi_, easy_);
    }
    if (code != CURLE_OK) {
        return {.failure = curl_easy_strerror(code), .stopped = answer.reply.stopped};
    }
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer.reply.status = static_cast<int>(status);
    return std::move(answer.reply);
}

}  // namespace aws
