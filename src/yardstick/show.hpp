// `yardstick show ID`: one metric for a person, through the read API.
#pragma once

#include <ostream>
#include <string>

#include "http/client.hpp"

namespace yardstick {

enum class ShowResult { shown, no_such_metric };

// How long the view is waited for when events are recorded that it doesn't have yet.
inline constexpr int show_patience_ms = 5'000;

// The metric and its latest events are shown as of one version. Throws http::ClientError when the
// server can't be reached, and std::runtime_error with one sentence when it answers something else.
ShowResult show(http::Client& client, const std::string& id, std::ostream& out);

}  // namespace yardstick
