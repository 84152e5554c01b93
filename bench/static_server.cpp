// The floor of reading: our own server answering one fixed body of so many bytes.
// bench_static BYTES prints its URL, and serves until its standard input ends.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/server.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    const std::string body(static_cast<std::size_t>(std::atol(argv[1])), 'x');
    http::Server server({}, [&body](const http::Request&, const http::Responder& respond) {
        respond(http::Response::json(200, body));
    });
    server.start();
    std::printf("http://127.0.0.1:%d\n", server.port());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    server.stop(std::chrono::seconds(1));
    return 0;
}
