#include "yardstick/service_notice.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace yardstick {

void notify_service(std::string_view assignments) {
    const char* variable = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
    const std::string path = variable != nullptr ? variable : "";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';  // in the abstract namespace
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    // The call takes no other type.  NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    const auto* const target = reinterpret_cast<const sockaddr*>(&address);
    static_cast<void>(::sendto(socket, assignments.data(), assignments.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT, target, size));
    ::close(socket);
}

}  // namespace yardstick
