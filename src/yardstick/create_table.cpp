#include "yardstick/create_table.hpp"

#include <iostream>

#include "es/dynamodb/dynamodb_table.hpp"
#include "yardstick/aws_clients.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {

int create_table(const std::string& table) {
    AwsClients aws;
    switch (es::create_table(aws.tables(), table)) {
        case es::TableWork::made:
            std::cout << "the table " << table << " was made, with its stream\n";
            break;
        case es::TableWork::was_there:
            std::cout << "the table " << table << " is there, with its stream\n";
            break;
        case es::TableWork::stream_switched_on:
            std::cout << "the table " << table << " was there; its stream was switched on\n";
            break;
    }
    return exit_done;
}

}  // namespace yardstick
