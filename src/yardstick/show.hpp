// `yardstick show ID`: one metric for a person, through the read API.
#pragma once

#include <ostream>
#include <string>

namespace yardstick {

enum class ShowResult { shown, no_such_metric };

// Throws http::ClientError when the server can't be reached, and std::runtime_error with one
// sentence when it answers something else.
ShowResult show(const std::string& read_url, const std::string& id, std::ostream& out);

}  // namespace yardstick
