#include "es/dynamodb/shard_lineage.hpp"

#include <set>
#include <string_view>

namespace es::dynamodb {
namespace {

std::set<std::string_view> ids_of(const std::vector<Shard>& shards) {
    std::set<std::string_view> ids;
    for (const Shard& shard : shards) ids.insert(shard.id);
    return ids;
}

// Whether its records must still be read.
bool is_needed(const ShardPosition& position) {
    return !position.done() && position.kind != ShardPosition::Kind::covered;
}

bool done(const std::string& id, const StreamCheckpoint& checkpoint) {
    const auto found = checkpoint.shards.find(id);
    return found != checkpoint.shards.end() && found->second.done();
}

}  // namespace

bool adopt(const std::vector<Shard>& listed, StreamCheckpoint& checkpoint) {
    bool changed = false;
    for (const Shard& shard : listed) {
        changed |= checkpoint.shards.try_emplace(shard.id).second;
    }
    const auto ids = ids_of(listed);
    const auto forgotten = std::erase_if(checkpoint.shards, [&](const auto& known) {
        return !is_needed(known.second) && !ids.contains(known.first);
    });
    return changed || forgotten > 0;
}

std::optional<std::string> lost_shard(const std::vector<Shard>& listed,
                                      const StreamCheckpoint& checkpoint) {
    const auto ids = ids_of(listed);
    for (const auto& [id, position] : checkpoint.shards) {
        if (is_needed(position) && !ids.contains(id)) return id;
    }
    return std::nullopt;
}

std::vector<std::string> readable_shards(const std::vector<Shard>& listed,
                                         const StreamCheckpoint& checkpoint) {
    const auto ids = ids_of(listed);
    std::vector<std::string> readable;
    for (const Shard& shard : listed) {
        if (done(shard.id, checkpoint)) continue;
        if (ids.contains(shard.parent) && !done(shard.parent, checkpoint)) continue;
        readable.push_back(shard.id);
    }
    return readable;
}

}  // namespace es::dynamodb
