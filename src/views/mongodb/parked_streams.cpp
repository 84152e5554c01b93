#include "views/mongodb/parked_streams.hpp"

#include "views/mongodb/metric_document.hpp"

namespace views::mongodb {
namespace {

// The member keeps the name that released programs know.
constexpr const char* request = "mended";

Bson as_parked(const es::Parked& parked) {
    return Bson().text("_id", parked.stream).integer("version", parked.version);
}

}  // namespace

std::vector<es::Parked> parked_streams(Database& database, const Bson& filter) {
    std::vector<es::Parked> all;
    const Bson by_id = Bson().document("sort", Bson().integer("_id", 1));
    database.find(parked_collection, filter, by_id, [&](const BsonView& entry) {
        all.push_back({id_in(entry), entry.integer("version").value_or(0),
                       entry.text("reason").value_or("")});
    });
    return all;
}

Bson still_parked() {
    return Bson().document(request, Bson().boolean("$ne", true));
}

Bson catch_up_requested() {
    return Bson().boolean(request, true);
}

Write park(const es::Parked& parked) {
    return {Write::Kind::put, Bson().text("_id", parked.stream),
            as_parked(parked).text("reason", parked.reason)};
}

Write unpark(const es::Parked& parked) {
    return {Write::Kind::remove, as_parked(parked)};
}

Write request_catch_up(const es::Parked& parked) {
    return {Write::Kind::update, as_parked(parked),
            Bson().document("$set", Bson().boolean(request, true))};
}

}  // namespace views::mongodb
