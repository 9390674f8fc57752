// simdjson's side of read_judgments: the same fields of the same lines, in the ways its documentation gives. Fields are
// asked for in the order in which they stand, which is its quickest.
#include "read_judgments.h"

#include <simdjson.h>

#include <cstring>

namespace
{

void add_name(fields_sum &sum, std::string_view name)
{
    sum.bytes += name.size();
    sum.last += static_cast<unsigned char>(name.back());
}

template <class Object> int add_on_demand(fields_sum &sum, Object object)
{
    static const char *const names[] = {"item", "judge", "a", "b"};
    std::string_view text;
    for (const char *name : names) {
        simdjson::error_code error =
            object.find_field(std::string_view(name, std::strlen(name))).get_string().get(text);
        if (error || text.empty())
            return error ? error : -1;
        add_name(sum, text);
    }
    simdjson::error_code error = object.find_field("verdict").get_string().get(text);
    if (error)
        return error;
    sum.wins += static_cast<uint64_t>(text == "a");
    sum.lines++;
    return 0;
}

int add_dom(fields_sum &sum, simdjson::dom::object object)
{
    static const char *const names[] = {"item", "judge", "a", "b"};
    std::string_view text;
    for (const char *name : names) {
        simdjson::error_code error = object.at_key(name).get_string().get(text);
        if (error || text.empty())
            return error ? error : -1;
        add_name(sum, text);
    }
    simdjson::error_code error = object.at_key("verdict").get_string().get(text);
    if (error)
        return error;
    sum.wins += static_cast<uint64_t>(text == "a");
    sum.lines++;
    return 0;
}

} // namespace

extern "C" int simdjson_on_demand_many(const char *text, size_t n, size_t padded, fields_sum *ret)
{
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document_stream stream;
    (void)padded; // it may read up to SIMDJSON_PADDING behind the text, which there is
    simdjson::error_code error = parser.iterate_many(text, n, 1 << 20).get(stream);
    if (error)
        return error;
    for (auto document : stream) {
        simdjson::ondemand::object object;
        error = document.get_object().get(object);
        int code = error ? error : add_on_demand(*ret, object);
        if (code)
            return code;
    }
    return 0;
}

extern "C" int simdjson_on_demand_lines(const char *text, size_t n, size_t padded, fields_sum *ret)
{
    simdjson::ondemand::parser parser;
    const char *end = text + n;
    for (const char *at = text; at < end;) {
        const char *stop = static_cast<const char *>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
        stop = stop ? stop : end;
        simdjson::padded_string_view view(at, static_cast<size_t>(stop - at), static_cast<size_t>(end - at) + padded);
        simdjson::ondemand::document document;
        simdjson::ondemand::object object;
        simdjson::error_code error = parser.iterate(view).get(document);
        if (!error)
            error = document.get_object().get(object);
        int code = error ? error : add_on_demand(*ret, object);
        if (code)
            return code;
        at = stop + 1;
    }
    return 0;
}

extern "C" int simdjson_dom_many(const char *text, size_t n, size_t padded, fields_sum *ret)
{
    simdjson::dom::parser parser;
    simdjson::dom::document_stream stream;
    (void)padded;
    simdjson::error_code error = parser.parse_many(text, n, 1 << 20).get(stream);
    if (error)
        return error;
    for (auto document : stream) {
        simdjson::dom::object object;
        error = document.get_object().get(object);
        int code = error ? error : add_dom(*ret, object);
        if (code)
            return code;
    }
    return 0;
}

extern "C" const char *simdjson_implementation(void)
{
    static const std::string name = "simdjson " SIMDJSON_STRINGIFY(SIMDJSON_VERSION) ", " +
                                    simdjson::get_active_implementation()->name() + ", on demand " +
                                    SIMDJSON_STRINGIFY(SIMDJSON_BUILTIN_IMPLEMENTATION);
    return name.c_str();
}
