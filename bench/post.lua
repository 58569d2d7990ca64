-- wrk ... -s post.lua URL -- FILE: POSTs the lines of FILE in turn.

local bodies, next_body = {}, 0

function init(args)
    for line in io.lines(args[1]) do
        bodies[#bodies + 1] = wrk.format("POST", nil, {
            ["Content-Type"] = "application/json",
            ["X-Tenant"] = "demo",
            ["X-User"] = "demo@example.com",
        }, line)
    end
end

function request()
    next_body = next_body % #bodies + 1
    return bodies[next_body]
end
