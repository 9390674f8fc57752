// A C++ program outside the project: three models, one photo, scores by upme.
#include <cstdio>
#include <peerless/rank.h>
#include <peerless/version.h>
#include <vector>

int main()
{
    const std::vector<const char *> models = {"ash", "birch", "cedar"};
    const std::vector<const char *> questions = {"which bird?"}, images = {"park.jpg"}, criteria = {"correctness"};
    std::vector<pl_judgment> rows;
    for (uint32_t judge = 0; judge < 3; judge++) {
        pl_judgment row = {};
        row.judge = judge;
        row.a = judge == 0 ? 1 : 0; // everybody judges the other two; the earlier name wins
        row.b = judge == 2 ? 1 : 2;
        row.verdict = PL_VERDICT_A;
        row.weight = 1.0;
        rows.push_back(row);
    }
    pl_judgment_set set = {};
    set.models = models.data();
    set.n_models = 3;
    set.items = questions.data();
    set.n_items = 1;
    set.images = images.data();
    set.n_images = 1;
    set.criteria = criteria.data();
    set.n_criteria = 1;
    set.rows = rows.data();
    set.n_rows = rows.size();

    pl_error err = {};
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    pl_peer_table *table = nullptr;
    pl_ranking *ranking = nullptr;
    pl_status rc = pl_peer_table_build(&set, &peer, &table, &err);
    if (rc == PL_OK)
        rc = pl_rank_run("upme", table, models.data(), &opts, &ranking, &err);
    if (rc == PL_OK) {
        std::printf("peerless %s\n", PL_VERSION_TEXT);
        for (size_t i = 0; i < models.size(); i++)
            std::printf("%s %.4f\n", models[i], pl_ranking_scores(ranking)[i]);
    } else {
        std::fprintf(stderr, "%s\n", err.msg);
    }
    pl_ranking_free(ranking);
    pl_peer_table_free(table);
    return rc == PL_OK ? 0 : 1;
}
